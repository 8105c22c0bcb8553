package io.tidemark.spec.yaml;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class YamlLimitsTest {
  @TempDir Path folder;
  private final Problems problems = new Problems();

  @Test
  void tenMegabytesAreRefusedBeforeTheyAreRead() throws IOException {
    assertThat(read("a: " + "x".repeat(10_000_000))).isEmpty();

    assertThat(problems.sorted())
        .singleElement()
        .satisfies(
            p -> {
              assertThat(p)
                  .hasToString(
                      "x.yaml: TM-YAML-001: the file has 10000003 bytes, more than the limit of"
                          + " 1000000");
              assertThat(p.fix()).contains("keep data in CSV");
            });
  }

  @Test
  void deepNestingIsRefusedWithoutUsingUpTheStack() throws IOException {
    assertThat(read("[".repeat(900_000))).isEmpty();

    assertThat(problems.sorted())
        .singleElement()
        .hasToString("x.yaml:1:51: TM-YAML-006: the YAML is nested more than 50 levels deep");
  }

  @Test
  void aBillionLaughsAreRefused() throws IOException {
    StringBuilder bomb = new StringBuilder("a0: &a0 [x]\n");
    for (int i = 1; i <= 40; i++) {
      String alias = "*a" + (i - 1);
      bomb.append("a%d: &a%d [%s]%n".formatted(i, i, String.join(",", alias, alias, alias)));
    }

    assertThat(read(bomb.toString())).isEmpty();

    assertThat(problems.sorted()).singleElement().extracting("code").isEqualTo("TM-YAML-006");
  }

  @Test
  void anAnchorThatIsUsedAFewTimesIsFine() throws IOException {
    String uses =
        IntStream.range(0, 50).mapToObj(i -> "d" + i + ": *s\n").collect(Collectors.joining());

    assertThat(read("s: &s {a: INT}\n" + uses)).isPresent();

    assertThat(problems.isEmpty()).isTrue();
  }

  @Test
  void bytesThatAreNoUtf8AreRefused() throws IOException {
    Path file = folder.resolve("x.yaml");
    Files.write(file, new byte[] {'a', ':', ' ', (byte) 0xC3, (byte) 0x28});

    assertThat(YamlFile.read(file, "x.yaml", problems)).isEmpty();

    assertThat(problems.sorted())
        .singleElement()
        .hasToString("x.yaml: TM-YAML-002: the file is not UTF-8 text");
  }

  @Test
  void aMissingFileIsAProblem() {
    assertThat(YamlFile.read(folder.resolve("none.yaml"), "none.yaml", problems)).isEmpty();

    assertThat(problems.sorted()).singleElement().extracting("code").isEqualTo("TM-YAML-003");
  }

  /** Whatever is in the file, the answer is a value or a problem, never an exception. */
  @Property(tries = 500)
  void anyTextIsReadOrAProblem(
      @ForAll @StringLength(max = 60) @CharRange(from = ' ', to = '~') String text)
      throws IOException {
    Path file = Files.createTempFile("yaml", ".yaml");
    try {
      Files.writeString(file, "a: " + text + "\n- b: {" + text);
      Problems found = new Problems();
      Optional<YamlValue> value = YamlFile.read(file, "x.yaml", found);
      Optional<YamlMap> map = value.flatMap(v -> v.map(Shape.PIPELINE));
      assertThat(map.isPresent() || !found.isEmpty()).isTrue();
    } finally {
      Files.delete(file);
    }
  }

  private Optional<YamlValue> read(String text) throws IOException {
    Path file = folder.resolve("x.yaml");
    Files.write(file, text.getBytes(StandardCharsets.UTF_8));
    return YamlFile.read(file, "x.yaml", problems);
  }
}
