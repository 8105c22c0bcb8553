package io.tidemark.control;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** What is done with a shadow. */
public sealed interface ShadowAct {
  <T> T accept(Visitor<T> visitor);

  /** One method per act. */
  interface Visitor<T> {
    T start(Start act);

    T stop(Stop act);

    T promote(Promote act);

    T demote(Demote act);
  }

  /**
   * Starts what jobs/ holds now beside the live job, writing to a branch, and compares the slices
   * that both close; where Flink runs in this process, stays until the shadow is stopped.
   *
   * @param datasets to be made, with what they need; empty for all that topics reach
   * @param change the expected change that differences are held against
   */
  record Start(List<String> datasets, Optional<String> change) implements ShadowAct {
    public Start {
      datasets = List.copyOf(datasets);
      Objects.requireNonNull(change, "change");
    }

    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.start(this);
    }
  }

  /** Ends the shadow; its branches are dropped. */
  record Stop() implements ShadowAct {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.stop(this);
    }
  }

  /**
   * Puts the shadow in the live job's place, or goes on with that; where Flink runs in this
   * process, stays with both.
   *
   * @param after slices in a row that must have come out as expected, at least 1
   * @param grace how long the version before goes on beside the next
   */
  record Promote(int after, Duration grace) implements ShadowAct {
    public Promote {
      Objects.requireNonNull(grace, "grace");
    }

    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.promote(this);
    }
  }

  /** Puts the version before a promotion in its place again, within its grace period. */
  record Demote() implements ShadowAct {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.demote(this);
    }
  }
}
