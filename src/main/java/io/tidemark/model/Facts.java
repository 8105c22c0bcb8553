package io.tidemark.model;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * All that planning knows of the world, read once before it starts.
 *
 * @param tables one entry per dataset of the graph whose table exists
 * @param analyses the analyses of the transforms that made the slices now on main
 * @param bytesPerSecond the measured rate of earlier builds per output dataset
 * @param published names of derived datasets that main holds but the graph may no longer name
 * @param previous the graph of the newest published run; empty if there is none, or it is not known
 */
public record Facts(
    Map<DatasetId, TableFacts> tables,
    Map<Fingerprint, Analysis> analyses,
    Map<DatasetId, Double> bytesPerSecond,
    List<DatasetId> published,
    Optional<Graph> previous) {

  /**
   * @param head main's snapshot; empty for a table without one
   * @param schema as in the catalog
   * @param inventory what main holds per slice of the dataset's grain, ordered by ordinal; for a
   *     dataset that is sliced. For one that is not, a single entry with ordinal 0
   * @param ledger what is known of each derived slice on main, ordered by ordinal
   * @param changes what happened on main since each pin that some ledger entry has on this dataset
   * @param refusals why slices of this table cannot be replaced exactly
   * @param live the newest mark of a live job on main, with all doubts that still stand; empty if
   *     no live job ever wrote the table
   */
  public record TableFacts(
      Optional<Long> head,
      Schema schema,
      List<SliceFiles> inventory,
      List<SliceRecord> ledger,
      Map<Pin, Changes> changes,
      List<Refusal> refusals,
      Optional<LiveMark> live) {
    public TableFacts {
      Objects.requireNonNull(head, "head");
      Objects.requireNonNull(schema, "schema");
      inventory = List.copyOf(inventory);
      ledger = List.copyOf(ledger);
      changes = Map.copyOf(changes);
      refusals = List.copyOf(refusals);
      Objects.requireNonNull(live, "live");
    }

    /** Of a table that no live job ever wrote. */
    public TableFacts(
        Optional<Long> head,
        Schema schema,
        List<SliceFiles> inventory,
        List<SliceRecord> ledger,
        Map<Pin, Changes> changes,
        List<Refusal> refusals) {
      this(head, schema, inventory, ledger, changes, refusals, Optional.empty());
    }
  }

  /** Files, rows and bytes of one slice, from manifests. */
  public record SliceFiles(long ordinal, int files, long rows, long bytes) {}

  /** Some slices cannot be replaced exactly, and why. */
  public record Refusal(SliceSet slices, Problem problem) {}

  public Facts {
    tables = Map.copyOf(tables);
    analyses = Map.copyOf(analyses);
    bytesPerSecond = Map.copyOf(bytesPerSecond);
    published = List.copyOf(published);
    Objects.requireNonNull(previous, "previous");
  }

  /** Facts of a world whose earlier graph is not known. */
  public Facts(
      Map<DatasetId, TableFacts> tables,
      Map<Fingerprint, Analysis> analyses,
      Map<DatasetId, Double> bytesPerSecond,
      List<DatasetId> published) {
    this(tables, analyses, bytesPerSecond, published, Optional.empty());
  }
}
