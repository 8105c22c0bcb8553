package io.tidemark.rollback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.lake.Lake;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TargetTest {
  private static final TableRef TABLE = new TableRef("lake", "events");
  private static final TableRef LETTERS = new TableRef("lake", "letters");

  private static Lake.Commit commit(long snapshot, long parent, String key) {
    return new Lake.Commit(
        snapshot,
        parent == 0 ? Optional.empty() : Optional.of(parent),
        Instant.EPOCH,
        "append",
        new Lake.Rows(1, 0, snapshot),
        key,
        new Lake.Said(Optional.empty(), Optional.empty()));
  }

  private static Lake.Past past() {
    return new Lake.Past(
        Optional.of(3L),
        List.of(commit(3, 2, ""), commit(2, 1, ""), commit(1, 0, "")),
        new TreeMap<>(
            Map.of(
                Instant.parse("2001-01-01T10:00:00Z"), 1L,
                Instant.parse("2001-01-02T00:00:00Z"), 2L,
                Instant.parse("2001-01-02T00:00:01Z"), 3L)),
        new TreeMap<>(Map.of("main", 3L, "2001", 1L)));
  }

  @ParameterizedTest
  @CsvSource({
    "2,2",
    "2001,1",
    "main,3",
    "2001-01-02,2",
    "2001-01-01T10:00:00Z,1",
    "2001-01-01T20:30:00-03:30,2",
    "2030-01-01,3"
  })
  void aPointIsASnapshotATagOrATime(String text, long snapshot) {
    assertThat(Target.of(TABLE, past(), text)).isEqualTo(snapshot);
  }

  @ParameterizedTest
  @ValueSource(strings = {"9", "99999999999999999999", "yesterday", "2001-01-01", "0", ""})
  void whatIsNoneOfThemIsRefused(String text) {
    assertThatThrownBy(() -> Target.of(TABLE, past(), text))
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> assertThat(e.category()).isEqualTo(TidemarkException.Category.USER));
  }

  @Test
  void aTableThatIsOnlyAppendedToGoesBackBehindTheCheckpointsThatAreGone() {
    Lines lines =
        new Lines(
            new Lake.Past(
                Optional.of(4L),
                List.of(
                    commit(5, 3, "live/shop/b/lake.letters/2"),
                    commit(4, 2, "live/shop/a/lake.letters/9"),
                    commit(3, 1, "live/shop/b/lake.letters/1"),
                    commit(2, 1, "live/shop/a/lake.letters/5"),
                    commit(1, 0, "live/shop/a/lake.letters/2")),
                new TreeMap<>(),
                new TreeMap<>()));

    assertThat(lines.newestWithout(LETTERS, Set.of())).isEqualTo(5);
    assertThat(lines.newestWithout(LETTERS, Set.of("b/1"))).isEqualTo(4);
    assertThat(lines.newestWithout(LETTERS, Set.of("b/1", "a/9"))).isEqualTo(2);
    assertThat(lines.newestWithout(LETTERS, Set.of("a/2"))).isZero();
    assertThat(lines.without(4, 5)).extracting(Lake.Commit::snapshot).containsExactly(4L, 2L);
  }
}
