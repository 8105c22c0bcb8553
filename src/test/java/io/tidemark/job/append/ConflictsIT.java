package io.tidemark.job.append;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.job.slice.TableCommit;
import io.tidemark.model.StampSummary;
import io.tidemark.model.TableRef;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.iceberg.Table;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A live job's commit that others come before. */
final class ConflictsIT {
  @TempDir Path dir;

  @Test
  void aCommitThatMeetsOthersIsTriedAgainAndCounted() {
    try (LiveScene scene = new LiveScene(dir);
        LiveTables tables = new LiveTables(scene.spec("j1").catalog())) {
      TableRef events = scene.events().table();
      Table table = scene.fixture().table(events);
      int[] attempts = {0};
      TableCommit.Condition meeting =
          ancestors -> {
            if (attempts[0]++ < 2) {
              table.newAppend().commit();
            }
            return Optional.empty();
          };

      tables.append(order(events, "met", meeting), List.of());
      assertThat(tables.conflicts()).isEqualTo(2);
      tables.append(order(events, "alone", ancestors -> Optional.empty()), List.of());

      assertThat(tables.conflicts()).isEqualTo(2);
      assertThat(attempts[0]).isEqualTo(3);
      assertThat(scene.history(events)).hasSize(4);
    }
  }

  private static LiveTables.Order order(
      TableRef table, String key, TableCommit.Condition condition) {
    return new LiveTables.Order(
        table, "main", key, condition, Map.of(StampSummary.KEY, key), Optional.empty());
  }
}
