package io.tidemark.live;

import io.tidemark.model.Problem;
import io.tidemark.model.RecordJson;
import io.tidemark.model.RunId;
import io.tidemark.model.TidemarkException;
import io.tidemark.store.Store;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * An exchange of a live job's code by that of its shadow, as far as it has come. The store keeps
 * it, so that whoever comes after a killed process goes on with it.
 *
 * @param run under which slices of the shadow are published
 * @param next what the shadow ran, and main will
 * @param before what main ran, and the shadow will; empty if nobody recorded it
 * @param grace how long the version before goes on beside the next
 * @param until when that ends; empty before it begins
 * @param undone of a demotion, the run of the promotion that it takes back
 */
record Swap(
    Stage stage,
    RunId run,
    Ran next,
    Optional<Ran> before,
    Duration grace,
    Optional<Instant> until,
    Optional<RunId> undone) {

  /** What is done; the table of edges below is the only place that says what follows. */
  enum Stage {
    /** Nothing stands against it. */
    DECIDED,
    /** The live job is gone, after a last commit. */
    MAIN_STOPPED,
    /** The shadow has read everything that main's tables hold. */
    CAUGHT_UP,
    /** The shadow was not there to read it: nothing of its branch is published. */
    BEHIND,
    /** The shadow is gone, after a last commit. */
    SHADOW_STOPPED,
    /** The shadow is gone, and nothing of its branch is published. */
    SHADOW_GIVEN_UP,
    /** What both had closed is made by the next version, on main. */
    PUBLISHED,
    /** The next version writes to main. */
    STARTED,
    /** The version before runs beside it, or its time is over. */
    DONE;

    private static final Map<Stage, Stage> NEXT = new EnumMap<>(Stage.class);

    static {
      NEXT.put(DECIDED, MAIN_STOPPED);
      NEXT.put(MAIN_STOPPED, CAUGHT_UP);
      NEXT.put(CAUGHT_UP, SHADOW_STOPPED);
      NEXT.put(BEHIND, SHADOW_GIVEN_UP);
      NEXT.put(SHADOW_STOPPED, PUBLISHED);
      NEXT.put(SHADOW_GIVEN_UP, PUBLISHED);
      NEXT.put(PUBLISHED, STARTED);
      NEXT.put(STARTED, DONE);
    }

    /** What comes next in the normal course; empty at the end. */
    Optional<Stage> next() {
      return Optional.ofNullable(NEXT.get(this));
    }
  }

  Swap {
    Objects.requireNonNull(stage, "stage");
    Objects.requireNonNull(run, "run");
    Objects.requireNonNull(next, "next");
    Objects.requireNonNull(before, "before");
    Objects.requireNonNull(grace, "grace");
    Objects.requireNonNull(until, "until");
    Objects.requireNonNull(undone, "undone");
  }

  private static String name(String pipeline) {
    return pipeline + "@swap";
  }

  /** The newest of a pipeline; one that another version wrote counts as none. */
  static Optional<Swap> find(Store store, String pipeline) {
    try {
      return store.findLive(name(pipeline)).map(row -> RecordJson.read(row.document(), Swap.class));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** One that was begun and has not come to its end. */
  static Optional<Swap> underWay(Store store, String pipeline) {
    return find(store, pipeline).filter(s -> s.stage != Stage.DONE);
  }

  /** Until when this shadow is the version before, if it is. */
  static Optional<Instant> grace(Store store, String pipeline, Ran shadow) {
    return find(store, pipeline)
        .filter(s -> s.stage == Stage.DONE)
        .filter(s -> s.before.filter(b -> b.isSame(shadow)).isPresent())
        .flatMap(Swap::until);
  }

  /** Ends a grace period; does nothing to an exchange that is under way. */
  static void forgetDone(Store store, String pipeline) {
    if (find(store, pipeline).filter(s -> s.stage == Stage.DONE).isPresent()) {
      store.findLive(name(pipeline)).ifPresent(row -> store.dropLive(row.name(), row.version()));
    }
  }

  Swap at(Stage to) {
    return new Swap(to, run, next, before, grace, until, undone);
  }

  Swap until(Instant end) {
    return new Swap(stage, run, next, before, grace, Optional.of(end), undone);
  }

  /**
   * Records it.
   *
   * @throws TidemarkException REFUSED if somebody else moved it
   */
  Swap keep(Store store, String pipeline, Instant now) {
    long version = store.findLive(name(pipeline)).map(Store.LiveRow::version).orElse(0L);
    if (!store.putLive(
        new Store.LiveRow(name(pipeline), version + 1, RecordJson.write(this, Swap.class)), now)) {
      throw TidemarkException.refused(
          Problem.of(
              "TM-LIVE-135",
              "somebody else works on the promotion of '" + pipeline + "'",
              "its state moved meanwhile",
              "look at it: tidemark live status"));
    }
    return this;
  }
}
