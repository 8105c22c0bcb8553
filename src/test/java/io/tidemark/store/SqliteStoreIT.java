package io.tidemark.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.model.Environment.StoreSpec;
import io.tidemark.model.TidemarkException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteStoreIT extends StoreContract {
  @TempDir Path folder;

  @Override
  StoreSpec emptyDatabase() {
    return spec(folder.resolve("a folder/" + UUID.randomUUID() + ".db"));
  }

  private static StoreSpec spec(Path file) {
    return new StoreSpec("jdbc:sqlite:" + file, Optional.empty(), Optional.empty());
  }

  @Test
  void aFileThatIsNoDatabaseIsNamed() throws Exception {
    Path file = folder.resolve("notes.txt");
    Files.write(
        file,
        "these are notes, and there are many of them".repeat(99).getBytes(StandardCharsets.UTF_8));

    assertThatThrownBy(() -> Stores.open(spec(file)))
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> {
              assertThat(e.category()).isEqualTo(TidemarkException.Category.EXTERNAL);
              assertThat(e.problems().get(0).what()).contains("notes.txt", "no SQLite file");
            });
  }

  @Test
  void aFolderThatCannotBeMadeIsNamed() throws Exception {
    Path file = Files.createFile(folder.resolve("occupied"));

    assertThatThrownBy(() -> Stores.open(spec(file.resolve("sub/control.db"))))
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> assertThat(e.problems().get(0).code()).isEqualTo("TM-STORE-010"));
  }

  @Test
  void aReadOnlyDatabaseIsSaidToBeOne() {
    Path file = folder.resolve("control.db");
    Stores.open(spec(file)).close();
    StoreSpec readOnly =
        new StoreSpec("jdbc:sqlite:file:" + file + "?mode=ro", Optional.empty(), Optional.empty());

    assertThatThrownBy(
            () -> {
              try (Store store = Stores.open(readOnly)) {
                store.acquire("run", "me", Duration.ofSeconds(1), Instant.EPOCH);
              }
            })
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> assertThat(e.problems().get(0).code()).isEqualTo("TM-STORE-012"));
  }

  @Test
  void aFullDatabaseIsSaidToBeFullAndWorksAgainWhenThereIsRoom() throws Exception {
    Path file = folder.resolve("control.db");
    Stores.open(spec(file)).close();
    StoreSpec small =
        new StoreSpec(
            "jdbc:sqlite:" + file + "?max_page_count=1", Optional.empty(), Optional.empty());
    String huge = "x".repeat(1_000_000);

    try (Store store = Stores.open(small)) {
      assertThatThrownBy(() -> store.acquire("run", huge, Duration.ofSeconds(1), Instant.EPOCH))
          .isInstanceOfSatisfying(
              TidemarkException.class,
              e -> assertThat(e.problems().get(0).code()).isEqualTo("TM-STORE-013"));
    }
    try (Store store = Stores.open(spec(file))) {
      assertThat(store.acquire("run", huge, Duration.ofSeconds(1), Instant.EPOCH)).isEmpty();
    }
  }
}
