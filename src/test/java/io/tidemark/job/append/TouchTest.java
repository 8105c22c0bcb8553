package io.tidemark.job.append;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.job.append.Disturbances.Touch;
import io.tidemark.model.Dataset;
import io.tidemark.model.LiveMark;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Topic;
import io.tidemark.testing.Shop;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class TouchTest {
  private static final Instant NOW = Instant.parse("2001-03-10T12:00:00Z");

  /** A source that has read three offsets, and goes on at another one. */
  private static LiveSpec.Source goingOnAt(long offset) {
    Dataset sales = Shop.graph("amount >= 0").dataset(Shop.SALES);
    Dataset source =
        new Dataset(
            sales.id(),
            sales.kind(),
            sales.table(),
            sales.schema(),
            sales.key(),
            sales.layout(),
            sales.governance(),
            Optional.of(
                new Topic(
                    "sales",
                    Topic.Format.JSON,
                    Duration.ZERO,
                    Duration.ZERO,
                    Duration.ofHours(2))));
    TreeMap<Integer, LiveMark.Range> read =
        new TreeMap<>(Map.of(0, new LiveMark.Range(0, 3, 3, 0)));
    LiveMark mark =
        new LiveMark(
            "job",
            1,
            9,
            LiveMark.Phase.RUNNING,
            Optional.empty(),
            new TreeMap<>(Map.of(sales.id(), new LiveMark.Ranges(read))),
            LiveMark.Counts.NONE,
            List.of());
    return new LiveSpec.Source(
        source,
        LiveSpec.Source.Mode.INGEST,
        LiveSpec.deadLetters(source.table()),
        Optional.of(mark),
        1,
        new TreeMap<>(Map.of(0, offset)),
        Optional.empty(),
        Optional.empty(),
        1);
  }

  @Test
  void whatExpiredUnreadMayBeAsFarAheadOfNowAsItsTopicAllows() {
    Touch touch = Touch.expired(goingOnAt(5), NOW).orElseThrow();

    assertThat(touch.cause()).contains("2 offsets");
    assertThat(touch.ranges().ranges())
        .singleElement()
        .satisfies(
            range -> {
              assertThat(range.from()).isEqualTo(Instant.MIN);
              assertThat(range.to()).isEqualTo(NOW.plus(Duration.ofHours(2)));
            });
  }

  @Test
  void nothingIsDoubtedWhereNothingExpired() {
    assertThat(Touch.expired(goingOnAt(3), NOW)).isEmpty();
  }
}
