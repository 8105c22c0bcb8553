package io.tidemark.plan;

import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Governance;
import io.tidemark.model.Grain;
import io.tidemark.model.Graph;
import io.tidemark.model.Plan.ChangeKind;
import io.tidemark.model.Plan.Cost;
import io.tidemark.model.Plan.Impact;
import io.tidemark.model.Plan.Reason;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Transform;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * What changed without anything to rebuild: datasets that left, and words about those that stay.
 */
final class Bystanders {
  private Bystanders() {}

  /** Datasets that main holds and no transform makes any more. */
  static List<Impact> removed(Graph graph, List<DatasetId> published) {
    List<Impact> removed = new ArrayList<>();
    SliceSet none = SliceSet.empty(Grain.ALL);
    for (DatasetId id : new TreeSet<>(published)) {
      if (graph.transformOf(id).isEmpty()) {
        Reason reason =
            new Reason(ChangeKind.REMOVED, none, "no transform makes it; its table stays as it is");
        removed.add(new Impact(id, 0, none, none, List.of(reason), Cost.ZERO));
      }
    }
    return removed;
  }

  /** What is said differently about a dataset whose slices are all up to date. */
  static Optional<Reason> metadata(Optional<Graph> previous, Work work) {
    Optional<Dataset> before = previous.flatMap(g -> g.find(work.dataset().id()));
    Optional<Transform> code = previous.flatMap(g -> g.transformOf(work.dataset().id()));
    if (work.isRebuilt() || before.isEmpty() || code.isEmpty()) {
      return Optional.empty();
    }
    List<String> differ = new ArrayList<>();
    Governance was = before.get().governance();
    Governance is = work.dataset().governance();
    note(differ, "description", was.description(), is.description());
    note(differ, "expectations", was.expectations(), is.expectations());
    note(differ, "label", code.get().label(), work.transform().label());
    note(differ, "owner", was.owner(), is.owner());
    note(differ, "tier", was.tier(), is.tier());
    SliceSet none = SliceSet.empty(work.stale().grain());
    return differ.isEmpty()
        ? Optional.empty()
        : Optional.of(new Reason(ChangeKind.METADATA_ONLY, none, String.join(", ", differ)));
  }

  private static void note(List<String> differ, String what, Object was, Object is) {
    if (!was.equals(is)) {
      differ.add(what);
    }
  }
}
