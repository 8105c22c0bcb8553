package io.tidemark.run;

import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.ExpectedChange;
import io.tidemark.model.Graph;
import io.tidemark.model.Plan;
import io.tidemark.model.Plan.ChangeKind;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Step;
import io.tidemark.model.TimeRanges;
import io.tidemark.model.Transform;
import io.tidemark.release.Runs;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** What a plan says of single slices: why they are in it and what reaches them. Pure. */
final class Reach {
  private final Graph graph;
  private final Plan plan;

  Reach(Graph graph, Plan plan) {
    this.graph = graph;
    this.plan = plan;
  }

  /** The slices of a dataset that the plan builds. */
  SliceSet planned(DatasetId dataset) {
    SliceSet planned = nothing(dataset);
    for (Step step : plan.steps()) {
      if (step instanceof Step.BuildV1 build && build.dataset().equals(dataset)) {
        planned = planned.union(build.slices());
      }
    }
    return planned;
  }

  /** The slices that the plan builds for no other reason than that an input is rebuilt. */
  SliceSet onlyUpstream(DatasetId dataset) {
    return because(dataset, ChangeKind.UPSTREAM).minus(other(dataset));
  }

  private SliceSet other(DatasetId dataset) {
    SliceSet other = nothing(dataset);
    for (ChangeKind kind : ChangeKind.values()) {
      if (kind != ChangeKind.UPSTREAM && kind != ChangeKind.METADATA_ONLY) {
        other = other.union(because(dataset, kind));
      }
    }
    return other;
  }

  /**
   * The slices whose differences the author of a change must have declared: their code changed, or
   * that of something they are made from. Others differ because their input rows do.
   */
  SliceSet needsExplanation(DatasetId dataset) {
    Map<DatasetId, SliceSet> found = new HashMap<>();
    for (Transform transform : graph.transforms()) {
      DatasetId output = transform.output();
      SliceSet strict =
          because(output, ChangeKind.LOGIC).union(because(output, ChangeKind.SCHEMA_INCOMPATIBLE));
      if (plan.change().equals(Optional.of(ExpectedChange.LATE))) {
        // A correction says itself what late events may change.
        strict =
            strict
                .union(because(output, ChangeKind.LATE_DATA))
                .union(because(output, ChangeKind.DOUBT));
      }
      SliceSet upstream = because(output, ChangeKind.UPSTREAM);
      for (DatasetId input : transform.inputs()) {
        SliceSet cause = found.get(input);
        if (cause != null) {
          strict = strict.union(reached(upstream, cause.ranges(), transform));
        }
      }
      found.put(output, strict);
    }
    return found.getOrDefault(dataset, nothing(dataset));
  }

  private SliceSet because(DatasetId dataset, ChangeKind kind) {
    SliceSet slices = nothing(dataset);
    for (Plan.Impact impact : plan.impacts()) {
      if (impact.dataset().equals(dataset)) {
        for (Plan.Reason reason : impact.reasons()) {
          if (reason.kind() == kind) {
            slices = slices.union(reason.slices());
          }
        }
      }
    }
    return slices;
  }

  private SliceSet nothing(DatasetId dataset) {
    return SliceSet.empty(graph.dataset(dataset).layout().slice());
  }

  /** Those of a transform's output slices that depend on input rows in these ranges. */
  static SliceSet reached(SliceSet slices, TimeRanges ranges, Transform transform) {
    return Runs.overlapping(
        slices, ranges.widen(transform.window().lookahead(), transform.window().lookback()));
  }

  /** The event time of an input that some output slices read. */
  static TimeRanges read(Dataset input, SliceSet slices, Transform transform) {
    return input.layout().eventTime().isEmpty()
        ? TimeRanges.ALL
        : slices.ranges().widen(transform.window().lookback(), transform.window().lookahead());
  }
}
