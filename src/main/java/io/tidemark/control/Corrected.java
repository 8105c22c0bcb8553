package io.tidemark.control;

import io.tidemark.model.DatasetId;
import io.tidemark.model.SliceSet;
import java.util.List;
import java.util.Optional;

/**
 * What a round of corrections did.
 *
 * @param run that rebuilt slices; empty if there was nothing to correct
 * @param corrected by dataset, as the run ended
 * @param waiting what is left for a later round
 */
public record Corrected(Optional<Report.RunLine> run, List<Slices> corrected, List<Waiting> waiting)
    implements Report {

  public Corrected {
    corrected = List.copyOf(corrected);
    waiting = List.copyOf(waiting);
  }

  /**
   * @param expected what was expected to differ, for people
   */
  public record Slices(DatasetId dataset, SliceSet slices, String expected) {}

  /**
   * @param why for people
   */
  public record Waiting(DatasetId dataset, SliceSet slices, String why) {}

  @Override
  public <T> T accept(Visitor<T> visitor) {
    return visitor.corrected(this);
  }
}
