package io.tidemark.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What is written about metrics names those there are. */
class MetricsDocTest {
  private static final Pattern OURS = Pattern.compile("\\btidemark_[a-z_]+");

  private static String row(Family family) {
    return "| `"
        + family.shown()
        + "` | "
        + String.join(", ", family.labels())
        + " | "
        + family.help()
        + " |";
  }

  @Test
  void thePageListsEveryMetricInOrder() throws IOException {
    String table =
        Stream.of(Family.values()).map(MetricsDocTest::row).collect(Collectors.joining("\n"));

    assertThat(Files.readString(Path.of("docs/metrics.md"))).contains(table + "\n");
  }

  @Test
  void dashboardsAndAlertsAskForMetricsThatThereAre() throws IOException {
    Set<String> known =
        Stream.of(Family.values())
            .map(Family::shown)
            .collect(Collectors.toCollection(TreeSet::new));
    try (Stream<Path> files =
        Stream.of("docker/prometheus", "docker/grafana")
            .map(Path::of)
            .flatMap(MetricsDocTest::files)) {
      assertThat(files)
          .isNotEmpty()
          .allSatisfy(
              file ->
                  assertThat(known)
                      .containsAll(
                          OURS.matcher(Files.readString(file))
                              .results()
                              .map(r -> r.group())
                              .toList()));
    }
  }

  private static Stream<Path> files(Path folder) {
    try {
      return Files.walk(folder).filter(Files::isRegularFile);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
