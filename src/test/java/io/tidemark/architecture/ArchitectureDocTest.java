package io.tidemark.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The maps show the country. */
class ArchitectureDocTest {
  private static final Path MAIN = Path.of("src/main/java/io/tidemark");
  private static final Pattern PACKAGE_ROW = Pattern.compile("(?m)^\\| `([a-z.]+)` \\|");
  private static final Pattern NAMED_CLASS = Pattern.compile("`([a-z.]+)\\.([A-Z][A-Za-z]+)");
  private static final Pattern DEPENDENCY_LINE = Pattern.compile("(?m)^- `([^`]+)`: .");
  private static final Pattern ARTIFACT =
      Pattern.compile("<dependency>\\s*<groupId>[^<]+</groupId>\\s*<artifactId>([^<]+)<");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]+)(?:#[^)]*)?\\)");

  private static List<String> all(Pattern pattern, String text) {
    return pattern.matcher(text).results().map(r -> r.group(1)).toList();
  }

  @Test
  void thePackageTableIsTheTree() throws IOException {
    Set<String> tree;
    try (Stream<Path> folders = Files.walk(MAIN)) {
      tree =
          folders
              .filter(p -> Files.exists(p.resolve("package-info.java")))
              .map(p -> MAIN.relativize(p).toString().replace(File.separatorChar, '.'))
              .collect(Collectors.toCollection(TreeSet::new));
    }
    assertThat(all(PACKAGE_ROW, Files.readString(Path.of("docs/architecture.md"))))
        .containsExactlyInAnyOrderElementsOf(tree);
  }

  @Test
  void theClassesItNamesExist() throws IOException {
    String text = Files.readString(Path.of("docs/architecture.md"));
    List<MatchResult> named = NAMED_CLASS.matcher(text).results().toList();

    assertThat(named).isNotEmpty();
    for (MatchResult name : named) {
      assertThat(MAIN.resolve(name.group(1).replace('.', '/')).resolve(name.group(2) + ".java"))
          .exists();
    }
  }

  @Test
  void everyPackageSaysWhatItIsFor() throws IOException {
    try (Stream<Path> folders = Files.walk(MAIN)) {
      assertThat(folders.filter(Files::isDirectory).filter(p -> !p.equals(MAIN)))
          .allSatisfy(p -> assertThat(p.resolve("package-info.java")).exists());
    }
  }

  @Test
  void everyDependencyHasItsReason() throws IOException {
    String pom = Files.readString(Path.of("pom.xml"));
    String declared = pom.substring(pom.indexOf("<dependencies>"), pom.indexOf("</dependencies>"));

    assertThat(all(DEPENDENCY_LINE, Files.readString(Path.of("docs/dependencies.md"))))
        .containsExactlyInAnyOrderElementsOf(all(ARTIFACT, declared));
  }

  @Test
  void linksBetweenPagesLeadSomewhere() throws IOException {
    List<Path> pages;
    try (Stream<Path> docs = Files.walk(Path.of("docs"));
        Stream<Path> github = Files.walk(Path.of(".github"));
        Stream<Path> readme = Stream.of(Path.of("README.md")).filter(Files::exists)) {
      pages =
          Stream.of(docs, github, readme)
              .flatMap(s -> s)
              .filter(p -> p.toString().endsWith(".md"))
              .toList();
    }
    for (Path page : pages) {
      for (String link : all(LINK, Files.readString(page))) {
        assertThat(page.resolveSibling(link)).as(page + " links to " + link).exists();
      }
    }
  }
}
