package io.tidemark.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class MigrationsTest {

  @Test
  void theNewestVersionIsThatOfTheNewestFile() throws Exception {
    Path folder = Path.of(Migrations.class.getResource("/db/migration").toURI());
    List<Integer> versions;
    try (Stream<Path> files = Files.list(folder)) {
      versions =
          files
              .map(file -> file.getFileName().toString())
              .map(name -> Integer.parseInt(name.substring(1, name.indexOf("__"))))
              .sorted()
              .toList();
    }

    assertThat(versions).last().isEqualTo(Migrations.NEWEST);
  }
}
