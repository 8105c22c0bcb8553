package io.tidemark.live;

import io.tidemark.lake.Lake;
import io.tidemark.model.Dataset;
import io.tidemark.model.Graph;
import io.tidemark.model.TableRef;
import io.tidemark.model.Transform;

/** The branches that a shadow writes to. */
final class Branches {
  private final Lake lake;

  Branches(Lake lake) {
    this.lake = lake;
  }

  /**
   * Cuts a branch at main's head on each table that is to be written.
   *
   * @param mode what becomes of those that are there
   */
  void prepare(Graph graph, LiveScope scope, Mode mode) {
    if (mode == Mode.NEW) {
      drop(graph);
    }
    for (Transform transform : scope.transforms()) {
      Dataset output = graph.dataset(transform.output());
      lake.ensure(output);
      lake.branch(
          output.table(),
          Side.SHADOW.branch(),
          lake.head(output.table(), Side.MAIN.branch()).orElse(0L));
    }
  }

  /** What becomes of branches that are there. */
  enum Mode {
    /** They are of other code, and go. */
    NEW,
    /** They are of the same code, and are gone on with. */
    KEPT
  }

  void drop(Graph graph) {
    for (Transform transform : graph.transforms()) {
      TableRef table = graph.dataset(transform.output()).table();
      if (lake.schema(table).isPresent()) {
        lake.dropBranch(table, Side.SHADOW.branch());
      }
    }
  }
}
