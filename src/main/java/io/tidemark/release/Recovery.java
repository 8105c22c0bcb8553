package io.tidemark.release;

import io.tidemark.lake.Lake;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Evidence;
import io.tidemark.model.Graph;
import io.tidemark.model.Plan;
import io.tidemark.model.RunId;
import io.tidemark.model.RunState;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Step;
import io.tidemark.store.Store;
import io.tidemark.store.Store.RunRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Puts published runs that the control database does not know back into it: what they published
 * from the stamps, what was found out about them from the documents beside the tables where these
 * are still there. Idempotent.
 */
public final class Recovery {
  private static final String REASON = "read back from the tables";

  private final Lake lake;
  private final Store store;

  public Recovery(Lake lake, Store store) {
    this.lake = lake;
    this.store = store;
  }

  /**
   * @param graph names the tables to look at
   * @return the runs that were put back, newest first
   */
  public List<RunId> recover(Graph graph) {
    List<RunId> recovered = new ArrayList<>();
    for (Ledger.PublishedRun run : new Ledger(lake).runs(graph)) {
      Optional<RunRow> known = store.findRun(run.run());
      if (known.isEmpty() || known.get().reason().equals(REASON)) {
        recover(graph, run);
      }
      if (known.isEmpty()) {
        recovered.add(run.run());
      }
    }
    return recovered;
  }

  private void recover(Graph graph, Ledger.PublishedRun run) {
    List<RunRecord> records = new ArrayList<>();
    for (Ledger.PublishedTable table : run.tables()) {
      RunRecord.read(lake, run.run(), graph.dataset(table.dataset())).ifPresent(records::add);
    }
    boolean left = run.tables().stream().anyMatch(t -> !t.slices().minus(t.reverted()).isEmpty());
    store.restoreRun(
        new RunRow(
            run.run(),
            left ? RunState.PUBLISHED : RunState.REVERTED,
            records.stream().map(RunRecord::plan).findFirst().orElseGet(() -> plan(graph, run)),
            records.stream().map(RunRecord::graph).findFirst().orElse(graph),
            REASON,
            run.published(),
            run.published()));
    List<DatasetId> known = store.evidence(run.run()).stream().map(Evidence::dataset).toList();
    records.stream()
        .map(RunRecord::evidence)
        .filter(evidence -> !known.contains(evidence.dataset()))
        .forEach(evidence -> store.putEvidence(run.run(), evidence));
  }

  /** As much of the plan as stamps tell: which slices it published. */
  private static Plan plan(Graph graph, Ledger.PublishedRun run) {
    List<Plan.Impact> impacts = new ArrayList<>();
    List<Step> steps = new ArrayList<>();
    for (Ledger.PublishedTable table : run.tables()) {
      SliceSet none = SliceSet.empty(table.slices().grain());
      Plan.Cost cost = new Plan.Cost(table.slices().count(), 0, 0, Optional.empty());
      impacts.add(new Plan.Impact(table.dataset(), 0, table.slices(), none, List.of(), cost));
      steps.add(new Step.PublishV1("publish-" + table.dataset(), table.dataset(), table.slices()));
    }
    return new Plan(
        Plan.VERSION,
        graph.name(),
        graph.revision(),
        Optional.empty(),
        impacts,
        steps,
        impacts.stream().map(Plan.Impact::cost).reduce(Plan.Cost.ZERO, Plan.Cost::plus));
  }
}
