package io.tidemark.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaConstructor;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.tidemark.model.Graph;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What is too large to be read in one sitting is two things. */
class SizeTest {
  private static final int FILE_LINES = 500;
  private static final int PACKAGE_LINES = 4_000;
  private static final int CONSTRUCTOR_ARGUMENTS = 7;

  /** What may be longer, up to where, and why. */
  private static final Map<String, Integer> LONGER =
      Map.of(
          // Both are sealed, and read in the order in which they are listed.
          "src/main/java/io/tidemark/control/Operation.java", 640,
          "src/main/java/io/tidemark/control/Report.java", 600,
          // One command and one renderer for each of them.
          "src/main/java/io/tidemark/cli", 4_600);

  private static Map<Path, Integer> linesOf(String root) throws IOException {
    try (Stream<Path> files = Files.walk(Path.of(root))) {
      return files
          .filter(p -> p.toString().endsWith(".java"))
          .collect(Collectors.toMap(p -> p, SizeTest::lines, Integer::sum, TreeMap::new));
    }
  }

  private static int lines(Path file) {
    try {
      return Files.readAllLines(file).size();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Those that are not below the limit. */
  private static Map<Path, Integer> tooLong(Map<Path, Integer> lines, int limit) {
    assertThat(lines).isNotEmpty();
    Map<Path, Integer> found = new TreeMap<>(lines);
    found.entrySet().removeIf(e -> e.getValue() < limit(e.getKey(), limit));
    return found;
  }

  private static int limit(Path path, int usual) {
    return LONGER.getOrDefault(path.toString().replace('\\', '/'), usual);
  }

  @Test
  void filesAreShorterThan500Lines() throws IOException {
    for (String root : List.of("src/main/java", "src/test/java", "src/bench/java")) {
      assertThat(tooLong(linesOf(root), FILE_LINES)).isEmpty();
    }
  }

  @Test
  void packagesAreShorterThan4000Lines() throws IOException {
    Map<Path, Integer> packages = new TreeMap<>();
    linesOf("src/main/java").forEach((p, n) -> packages.merge(p.getParent(), n, Integer::sum));

    assertThat(tooLong(packages, PACKAGE_LINES)).isEmpty();
  }

  @Test
  void constructorsTakeAtMost7Arguments() {
    List<JavaConstructor> constructors =
        new ClassFileImporter()
            .importUrl(Graph.class.getProtectionDomain().getCodeSource().getLocation()).stream()
                .filter(t -> !t.isRecord() && !t.isEnum() && !t.isAnonymousClass())
                .flatMap(t -> t.getConstructors().stream())
                .toList();

    assertThat(constructors).isNotEmpty();
    assertThat(constructors)
        .filteredOn(c -> c.getRawParameterTypes().size() > CONSTRUCTOR_ARGUMENTS)
        .isEmpty();
  }
}
