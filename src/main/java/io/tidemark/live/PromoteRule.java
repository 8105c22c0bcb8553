package io.tidemark.live;

import io.tidemark.model.LiveStatus.Lag;
import io.tidemark.model.LiveStatus.State;
import io.tidemark.model.Problem;
import io.tidemark.model.ShadowStatus;
import io.tidemark.model.ShadowStatus.Compared;
import io.tidemark.model.SliceSet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Decides from what was compared whether a shadow may take its live job's place. Pure. */
final class PromoteRule {
  /** How much further behind than the live job a shadow may be, besides one checkpoint. */
  private static final double TOLERANCE = 1.1;

  private final int inARow;
  private final Duration checkpoint;

  /**
   * @param inARow slices that must have come out as expected, the newest of each dataset
   * @param checkpoint from one to the next
   */
  PromoteRule(int inARow, Duration checkpoint) {
    this.inARow = inARow;
    this.checkpoint = checkpoint;
  }

  /** What stands against it; empty when nothing does. */
  List<Problem> problems(ShadowStatus shadow) {
    List<Problem> problems = new ArrayList<>();
    if (shadow.health().state() != State.RUNNING) {
      problems.add(
          Problem.of(
              "TM-LIVE-140",
              "the shadow does not run as it should: " + shadow.health().state(),
              shadow.health().reason(),
              "start it: tidemark live shadow"));
    }
    shadow.datasets().forEach(d -> slices(d, problems));
    if (!isNoWorse(shadow.lag(), shadow.mainLag())) {
      problems.add(
          Problem.of(
              "TM-LIVE-143",
              "the shadow is further behind than the live job",
              "it is " + text(shadow.lag()) + " behind, the live job " + text(shadow.mainLag()),
              "wait until it has caught up: tidemark live status"));
    }
    return problems;
  }

  private void slices(Compared dataset, List<Problem> problems) {
    SliceSet judged = dataset.all().minus(dataset.incomparable());
    long[] ordinals = judged.ordinals().toArray();
    int from = Math.max(0, ordinals.length - inARow);
    SliceSet newest = judged;
    for (int i = 0; i < from; i++) {
      newest = newest.minus(SliceSet.range(judged.grain(), ordinals[i], ordinals[i] + 1));
    }
    SliceSet unexplained = newest.intersect(dataset.unexplained());
    SliceSet waiting = newest.intersect(dataset.waiting());
    if (!unexplained.isEmpty()) {
      problems.add(
          Problem.of(
              "TM-LIVE-141",
              "rows of " + dataset.dataset() + " differ without explanation in " + unexplained,
              "no expected change covers them",
              "correct the transform, or declare the change under changes/ and start the shadow"
                  + " again with --change NAME"));
    }
    if (!waiting.isEmpty() || ordinals.length < inARow) {
      problems.add(
          Problem.of(
              "TM-LIVE-142",
              (ordinals.length - dataset.waiting().count())
                  + " of "
                  + inARow
                  + " slices of "
                  + dataset.dataset()
                  + " were closed by both and compared",
              dataset.incomparable().isEmpty()
                  ? ""
                  : "late events came for " + dataset.incomparable() + ", which do not count",
              "wait for more to close: tidemark live status"));
    }
  }

  private boolean isNoWorse(Lag shadow, Lag main) {
    if (shadow.events().isEmpty() || main.events().isEmpty()) {
      return false;
    }
    boolean fewer = shadow.events().get() <= TOLERANCE * main.events().get();
    boolean sooner =
        shadow.time().isPresent()
            && main.time().isPresent()
            && shadow.time().get().toMillis()
                <= TOLERANCE * main.time().get().toMillis() + checkpoint.toMillis();
    return fewer || sooner;
  }

  private static String text(Lag lag) {
    return lag.events().map(n -> n + " events").orElse("an unknown number of events")
        + lag.time().map(t -> " (" + t.toMillis() / 1000.0 + " s)").orElse("");
  }
}
