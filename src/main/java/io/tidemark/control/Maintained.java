package io.tidemark.control;

import io.tidemark.model.DatasetId;
import io.tidemark.model.SliceSet;
import java.util.List;

/**
 * What a round of maintenance did.
 *
 * @param tables those of which anything was done, or could not be
 */
public record Maintained(List<Table> tables) implements Report {
  public Maintained {
    tables = List.copyOf(tables);
  }

  /**
   * One table.
   *
   * @param compacted slices whose files were replaced by fewer
   * @param left slices that could not be, because somebody changed them meanwhile or they are not
   *     what their stamp says
   * @param filesBefore of the compacted slices
   * @param filesAfter of the same
   * @param expired snapshots that were forgotten
   * @param problems why slices were left, for people
   */
  public record Table(
      DatasetId dataset,
      SliceSet compacted,
      SliceSet left,
      long filesBefore,
      long filesAfter,
      int expired,
      List<String> problems) {
    public Table {
      problems = List.copyOf(problems);
    }
  }

  @Override
  public <T> T accept(Visitor<T> visitor) {
    return visitor.maintained(this);
  }
}
