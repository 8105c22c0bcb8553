package io.tidemark.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class BoardTest {
  private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");

  private final Board board = new Board();

  @Test
  void aPartThatCannotBeReadAnyMoreShowsNoOldNumbers() {
    board.read(
        "tables", List.of(Sample.of(Family.DATASET_ROWS, 7, "hours")), NOW, Duration.ofMillis(250));
    board.read("runs", List.of(Sample.of(Family.RUN_SLICES, 3)), NOW, Duration.ZERO);
    assertThat(board.text())
        .contains("tidemark_dataset_rows{dataset=\"hours\"} 7.0")
        .contains("tidemark_up{part=\"tables\"} 1.0")
        .contains("tidemark_read_seconds{part=\"tables\"} 0.25")
        .contains("tidemark_observed_timestamp_seconds{part=\"tables\"} 1.795");

    board.failed("tables", "TM-LAKE-003");
    board.failed("tables", "TM-LAKE-003");

    assertThat(board.text())
        .doesNotContain("tidemark_dataset_rows{")
        .contains("tidemark_up{part=\"tables\"} 0.0")
        .contains("tidemark_observed_timestamp_seconds{part=\"tables\"} 1.795")
        .contains("tidemark_read_errors{code=\"TM-LAKE-003\",part=\"tables\"} 2.0")
        .contains("tidemark_run_slices 3.0");
  }

  @Test
  void aNewReadingReplacesValuesAndForgetsLabelsThatAreGone() {
    board.read(
        "tables",
        List.of(
            Sample.of(Family.DATASET_ROWS, 7, "hours"), Sample.of(Family.DATASET_ROWS, 8, "days")),
        NOW,
        Duration.ZERO);
    board.read("tables", List.of(Sample.of(Family.DATASET_ROWS, 9, "hours")), NOW, Duration.ZERO);

    assertThat(board.text())
        .contains("tidemark_dataset_rows{dataset=\"hours\"} 9.0")
        .doesNotContain("days");
  }
}
