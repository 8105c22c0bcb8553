package io.tidemark.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.model.DatasetId;
import io.tidemark.model.Environment;
import io.tidemark.model.Graph;
import io.tidemark.model.TidemarkException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProjectTemplateTest {
  @TempDir Path folder;

  @Test
  void theWrittenProjectValidates() {
    ProjectTemplate.write(folder.resolve("new"));

    Graph graph = ProjectReader.read(folder.resolve("new"));
    Environment local =
        new ConfigReader(v -> Optional.empty()).environment(folder.resolve("new"), "local");

    assertThat(graph.name()).isEqualTo("example");
    assertThat(graph.changes()).extracting(c -> c.name()).containsExactly("example");
    assertThat(graph.dataset(DatasetId.of("sales_per_day")).schema().columns().toString())
        .contains("DECIMAL(38, 2)");
    assertThat(local.cluster().parallelism()).isEqualTo(2);
  }

  @Test
  void theWrittenFilesAreThoseOfTheResources() throws IOException, java.net.URISyntaxException {
    List<Path> written = ProjectTemplate.write(folder);

    Path resources = Path.of(ProjectTemplate.class.getResource("/template").toURI());
    try (Stream<Path> files = Files.walk(resources)) {
      assertThat(written.stream().filter(f -> !f.startsWith(".schema")).map(Path::toString))
          .containsExactlyInAnyOrderElementsOf(
              files
                  .filter(Files::isRegularFile)
                  .map(f -> resources.relativize(f).toString().replace("gitignore", ".gitignore"))
                  .toList());
    }
  }

  @Test
  void nothingIsWrittenWhenAFileExists() throws IOException {
    Path mine = folder.resolve("config/local.yaml");
    Files.createDirectories(mine.getParent());
    Files.writeString(mine, "mine");

    assertThatThrownBy(() -> ProjectTemplate.write(folder))
        .isInstanceOf(TidemarkException.class)
        .hasMessageContaining("local.yaml' exists already");

    assertThat(mine).hasContent("mine");
    try (Stream<Path> files = Files.walk(folder)) {
      assertThat(files.sorted(Comparator.naturalOrder()))
          .containsExactly(folder, mine.getParent(), mine);
    }
  }
}
