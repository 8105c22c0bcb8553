package io.tidemark.release;

import io.tidemark.lake.Lake;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Evidence;
import io.tidemark.model.Facts;
import io.tidemark.model.Grain;
import io.tidemark.model.Problem;
import io.tidemark.model.RunId;
import io.tidemark.model.RunState;
import io.tidemark.model.SliceSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRanges;
import io.tidemark.model.log.LogLine;
import io.tidemark.store.Store;
import io.tidemark.store.Store.RunRow;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What everyone who works on a recorded run needs: to find it, claim it and move it. */
public final class Runs {
  private static final Logger LOG = LoggerFactory.getLogger(Runs.class);

  /**
   * How long a pinned input stays readable without anyone renewing it. Long, because a slice on
   * main may depend on it for as long; bounded, because a holder may be gone for good.
   */
  public static final Duration LEASE = Duration.ofDays(90);

  /** Runs further back were looked at when they were newer. */
  private static final int RECENT = 100;

  private Runs() {}

  /**
   * @throws TidemarkException USER if there is no such run
   */
  public static RunRow load(Store store, RunId id) {
    return store
        .findRun(id)
        .orElseThrow(
            () ->
                TidemarkException.user(
                    Problem.of(
                        "TM-RUN-010",
                        "there is no run " + id,
                        "the control database does not know it",
                        "list the runs with 'tidemark runs'")));
  }

  /** The newest runs that are under way and no living process works on, oldest first. */
  public static List<RunRow> interrupted(Store store, Clock clock) {
    List<RunRow> interrupted = new ArrayList<>();
    for (RunRow run : store.runs(RECENT)) {
      if (run.state().isUnderWay() && Claims.isFree(store, clock, run)) {
        interrupted.add(0, run);
      }
    }
    return interrupted;
  }

  /** The newest runs that were recorded and that nobody has begun, oldest first. */
  public static List<RunRow> notBegun(Store store, Clock clock) {
    List<RunRow> found = new ArrayList<>();
    for (RunRow run : store.runs(RECENT)) {
      if (run.state() == RunState.PLANNED && Claims.isFree(store, clock, run)) {
        found.add(0, run);
      }
    }
    return found;
  }

  /** The claims that working on a run takes: on itself and on each table it writes. */
  public static Set<String> claims(RunRow run) {
    Set<String> names = new TreeSet<>();
    names.add("run " + run.id());
    for (DatasetId output : Gate.published(run.plan())) {
      names.add(tableClaim(run.graph().dataset(output)));
    }
    return names;
  }

  static String tableClaim(Dataset dataset) {
    return "table " + dataset.table();
  }

  /**
   * Moves a run from the state it was read in.
   *
   * @throws TidemarkException REFUSED if it is not there any more
   */
  public static void move(Store store, Clock clock, RunRow run, RunState to, String reason) {
    RunState from = load(store, run.id()).state();
    if (from == to) {
      return;
    }
    if (!from.successors().contains(to)
        || !store.move(run.id(), from, to, reason, clock.instant())) {
      throw TidemarkException.refused(
          Problem.of(
              "TM-RUN-012",
              "run " + run.id() + " is " + from + " and cannot become " + to,
              "another process moved it",
              "look at it with 'tidemark runs'"));
    }
    LOG.info(
        LogLine.of("run-moved")
            .with("run", run.id())
            .with("from", from)
            .with("to", to)
            .with("reason", reason)
            .toString());
  }

  static Evidence evidence(Store store, RunId run, DatasetId dataset) {
    return store.evidence(run).stream()
        .filter(e -> e.dataset().equals(dataset))
        .findFirst()
        .orElseThrow(
            () -> new IllegalStateException("[BUG] run " + run + " lost evidence of " + dataset));
  }

  /** Those of the slices that overlap event time. */
  public static SliceSet overlapping(SliceSet slices, TimeRanges ranges) {
    if (slices.grain() == Grain.ALL) {
      return ranges.isEmpty() ? SliceSet.empty(Grain.ALL) : slices;
    }
    return SliceSet.ofOrdinals(
        slices.grain(), slices.ordinals().filter(o -> ranges.overlaps(slices.grain().range(o))));
  }

  /** The slices for which main holds files. */
  public static SliceSet occupied(Lake lake, Dataset dataset) {
    List<Facts.SliceFiles> inventory =
        lake.facts(dataset, Set.of()).map(Facts.TableFacts::inventory).orElse(List.of());
    return SliceSet.ofOrdinals(
        dataset.layout().slice(),
        inventory.stream().filter(f -> f.files() > 0).mapToLong(Facts.SliceFiles::ordinal));
  }
}
