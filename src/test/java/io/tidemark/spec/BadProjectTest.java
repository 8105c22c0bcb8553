package io.tidemark.spec;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.model.Location;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each file under spec/bad/ spoils the good project under spec/base/ and says, word for word, what
 * the reader must answer. {@code <<<< FILE} replaces a text, {@code ++++ FILE} writes a file. To
 * write the answers anew: {@code -Dgolden.update=true}, and then read every difference.
 */
class BadProjectTest {
  private static final Path CASES = resource("/spec/bad");
  private static final Path SOURCES = Path.of("src/test/resources/spec/bad");
  private static final Pattern EDIT =
      Pattern.compile(
          "(?ms)^<<<< (\\S+)\\n"
              + "(.*?)\\n"
              + "====\\n"
              + "(.*?)\\n"
              + "?>>>>$|^\\+\\+\\+\\+ (\\S+)\\n"
              + "(.*?)\\+\\+\\+\\+$");

  @TempDir Path project;

  static List<String> cases() throws IOException {
    try (Stream<Path> files = Files.list(CASES)) {
      return files.map(f -> f.getFileName().toString().replace(".txt", "")).sorted().toList();
    }
  }

  @Test
  void noCaseWasLost() throws IOException {
    assertThat(cases()).hasSize(COUNT);
  }

  @Test
  void theBaseIsGood() throws IOException {
    copyBase();
    assertThat(answer()).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyProblemIsNamedAtItsPlace(String name) throws IOException {
    String text = Files.readString(CASES.resolve(name + ".txt"));
    int split = text.lastIndexOf("problems:\n");
    copyBase();
    spoil(text.substring(0, split));

    String answer = answer();

    if (Boolean.getBoolean("golden.update")) {
      Files.writeString(
          SOURCES.resolve(name + ".txt"), text.substring(0, split) + "problems:\n" + answer);
    }
    assertThat(answer).isEqualTo(text.substring(split + "problems:\n".length())).isNotEmpty();
  }

  private void spoil(String edits) throws IOException {
    Matcher edit = EDIT.matcher(edits);
    while (edit.find()) {
      if (edit.group(1) != null) {
        Path file = project.resolve(edit.group(1));
        String before = Files.readString(file);
        assertThat(before).contains(edit.group(2));
        Files.writeString(file, before.replace(edit.group(2), edit.group(3)));
      } else {
        Path file = project.resolve(edit.group(4));
        Files.createDirectories(file.getParent());
        Files.writeString(file, edit.group(5));
      }
    }
  }

  private String answer() {
    try {
      ProjectReader.read(project);
      return "";
    } catch (TidemarkException e) {
      assertThat(e.category()).isEqualTo(TidemarkException.Category.USER);
      return e.problems().stream().map(BadProjectTest::print).collect(Collectors.joining());
    }
  }

  private static String print(Problem problem) {
    return problem.where().map(Location::toString).orElse("-")
        + " "
        + problem.code()
        + "\n  "
        + problem.what()
        + (problem.why().isEmpty() ? "" : "\n  why: " + problem.why())
        + (problem.fix().isEmpty() ? "" : "\n  fix: " + problem.fix())
        + "\n";
  }

  private void copyBase() throws IOException {
    Path base = resource("/spec/base");
    try (Stream<Path> files = Files.walk(base)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path target = project.resolve(base.relativize(file).toString());
        Files.createDirectories(target.getParent());
        Files.copy(file, target);
      }
    }
  }

  private static Path resource(String name) {
    try {
      return Path.of(BadProjectTest.class.getResource(name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static final int COUNT = 91;
}
