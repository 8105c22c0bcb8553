package io.tidemark.run;

import io.tidemark.lake.Lake;
import io.tidemark.model.Analysis;
import io.tidemark.model.Changes;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Graph;
import io.tidemark.model.JobResult;
import io.tidemark.model.Pin;
import io.tidemark.model.Plan;
import io.tidemark.model.Problem;
import io.tidemark.model.RecordJson;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.Step;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.model.TimeRanges;
import io.tidemark.model.Transform;
import io.tidemark.release.Journal;
import io.tidemark.store.Store;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A build that somebody ordered by hand from the job jar, found on its branch: what a run can take
 * for the result of its own build step, since the same code made it from the same rows.
 *
 * @param branch where it was found
 * @param dataset that was built
 * @param base main's snapshot that the branch was cut from; 0 for an empty one
 * @param candidate the branch's snapshot
 * @param pins the snapshots that its inputs were read at
 * @param slices that it holds, also those without rows
 * @param built what the job measured
 */
public record Adoption(
    String branch,
    DatasetId dataset,
    long base,
    long candidate,
    SortedMap<DatasetId, Long> pins,
    SliceSet slices,
    JobResult.Built built) {

  public Adoption {
    pins = Collections.unmodifiableSortedMap(new TreeMap<>(pins));
  }

  /**
   * Looks a branch up; changes nothing.
   *
   * @param only the dataset whose table is meant; empty if just one has such a branch
   * @throws TidemarkException USER if there is no such build, the branch holds something else
   *     besides, or what jobs/ and main hold now would come out differently
   */
  public static Adoption find(Lake lake, Graph graph, String branch, Optional<DatasetId> only) {
    List<Transform> found =
        graph.transforms().stream()
            .filter(t -> only.map(t.output()::equals).orElse(true))
            .filter(t -> lake.head(graph.dataset(t.output()).table(), branch).isPresent())
            .toList();
    if (branch.equals("main") || found.isEmpty()) {
      throw missing(graph, branch, only);
    } else if (found.size() > 1) {
      throw ambiguous(branch, found);
    }
    Transform transform = found.get(0);
    Dataset dataset = graph.dataset(transform.output());
    Lake.Committed commit = commit(lake, dataset, branch);
    requireSameCode(transform, commit.stamp(), branch);
    Adoption adoption =
        new Adoption(
            branch,
            dataset.id(),
            commit.parent().orElse(0L),
            commit.snapshot(),
            pins(commit.stamp()),
            commit.stamp().content().sliceSet(),
            document(lake, dataset, commit.stamp()));
    adoption.requireSameRows(lake, graph, transform);
    return adoption;
  }

  /** The one commit that the branch has on top of main. */
  private static Lake.Committed commit(Lake lake, Dataset dataset, String branch) {
    List<Lake.Committed> stamps = lake.stamps(dataset.table(), branch);
    long head = lake.head(dataset.table(), branch).orElse(0L);
    if (stamps.isEmpty() || stamps.get(0).snapshot() != head || !isByHand(stamps.get(0), dataset)) {
      throw user(
          "TM-RUN-032",
          "branch '" + branch + "' of " + dataset.table() + " does not end with a build by hand",
          "its newest commit was not made by: flink run tidemark-job.jar backfill",
          "name the branch of that command; candidates of runs are published with publish");
    }
    Lake.Committed newest = stamps.get(0);
    if (stamps.size() > 1
        && newest.parent().equals(Optional.of(stamps.get(1).snapshot()))
        && isByHand(stamps.get(1), dataset)) {
      throw user(
          "TM-RUN-033",
          "branch '" + branch + "' of " + dataset.table() + " holds several builds by hand",
          "a run has one base and reads each input at one snapshot, and they may differ in both",
          "give each backfill a branch of its own, or one backfill the whole range");
    }
    return newest;
  }

  private static boolean isByHand(Lake.Committed commit, Dataset dataset) {
    Stamp stamp = commit.stamp();
    return stamp.kind() == Stamp.Kind.BUILD
        && stamp.origin().run().isEmpty()
        && stamp.dataset().equals(dataset.id());
  }

  private static SortedMap<DatasetId, Long> pins(Stamp stamp) {
    SortedMap<DatasetId, Long> pins = new TreeMap<>();
    stamp.origin().pins().forEach((input, pin) -> pins.put(input, pin.snapshot()));
    return pins;
  }

  private static JobResult.Built document(Lake lake, Dataset dataset, Stamp stamp) {
    String path = lake.documentPath(dataset.table(), stamp.key().replace('/', '-') + ".json");
    return lake.readText(dataset.table(), path)
        .map(text -> (JobResult.Built) RecordJson.read(text, JobResult.class))
        .orElseThrow(
            () ->
                user(
                    "TM-RUN-034",
                    "the result document of " + stamp.key() + " is gone from " + dataset.table(),
                    "what was measured while its rows were written is the evidence of them",
                    "run the backfill again, onto a new branch"));
  }

  private static void requireSameCode(Transform transform, Stamp stamp, String branch) {
    Optional<Analysis> made = stamp.origin().analysis();
    if (!made.map(Analysis::fingerprint).equals(Optional.of(transform.analysis().fingerprint()))) {
      throw user(
          "TM-RUN-035",
          "branch '" + branch + "' was built by other code than jobs/ holds for " + stamp.dataset(),
          "published, its slices would be stale at once",
          "go back to that code, or run the backfill again with what 'tidemark graph --format json'"
              + " prints now");
    }
  }

  /** What was read is what a build would read now. */
  private void requireSameRows(Lake lake, Graph graph, Transform transform) {
    for (DatasetId input : transform.inputs()) {
      long pin = pins.getOrDefault(input, 0L);
      SliceSet changed = changed(lake, graph.dataset(input), pin, transform);
      if (!changed.isEmpty()) {
        throw user(
            "TM-RUN-036",
            "slices " + changed + " on branch '" + branch + "' were made from an older " + input,
            "its rows changed after the backfill had read them",
            "run the backfill again, onto a new branch");
      }
    }
  }

  private SliceSet changed(Lake lake, Dataset input, long pin, Transform transform) {
    if (lake.head(input.table(), "main").orElse(0L) == pin) {
      return SliceSet.empty(slices.grain());
    }
    Changes changes =
        pin == 0 ? Changes.unknown("it was empty") : lake.changesSince(input, Pin.main(pin));
    if (!changes.unknown().isEmpty()) {
      return slices;
    }
    List<TimeRange> ranges = changes.touched().stream().map(Changes.Touched::range).toList();
    return Reach.reached(slices, new TimeRanges(ranges), transform);
  }

  /**
   * The plan of a run that publishes what was found, as far as it is stale.
   *
   * @param stale what would be planned for the dataset if nothing had been built
   * @throws TidemarkException USER if nothing of it is stale
   */
  public Plan plan(Plan stale) {
    Plan.Impact impact =
        stale.impacts().stream()
            .filter(i -> i.dataset().equals(dataset) && !i.stale().intersect(slices).isEmpty())
            .findFirst()
            .orElseThrow(this::fresh);
    SliceSet wanted = impact.stale().intersect(slices);
    SortedMap<DatasetId, Long> read = new TreeMap<>();
    for (Step step : stale.steps()) {
      if (step instanceof Step.PrepareV2 prepare) {
        read.putAll(prepare.pins());
      }
    }
    read.putAll(pins);
    SortedMap<DatasetId, Step.InputRef> inputs = new TreeMap<>();
    pins.forEach((input, pin) -> inputs.put(input, new Step.MainSnapshot(pin)));
    return new Plan(
        Plan.VERSION,
        stale.pipeline(),
        stale.revision(),
        stale.change(),
        List.of(
            new Plan.Impact(
                dataset,
                1,
                wanted,
                impact.reused(),
                impact.reasons().stream()
                    .map(r -> new Plan.Reason(r.kind(), r.slices().intersect(wanted), r.detail()))
                    .filter(r -> !r.slices().isEmpty())
                    .toList(),
                Plan.Cost.ZERO)),
        List.of(
            new Step.PrepareV2(
                "prepare", read, List.of(dataset), new TreeMap<>(Map.of(dataset, base))),
            new Step.BuildV1("build-" + dataset + "-1", dataset, wanted, inputs),
            new Step.VerifyV1("verify-" + dataset, dataset, wanted),
            new Step.PublishV1("publish-" + dataset, dataset, wanted)),
        Plan.Cost.ZERO);
  }

  private TidemarkException fresh() {
    return user(
        "TM-RUN-037",
        "nothing that branch '" + branch + "' holds of " + dataset + " is stale",
        "main holds slices "
            + slices
            + " as the same code made them from the same rows, or a live"
            + " job owns them",
        "there is nothing to do; the branch can be dropped");
  }

  /**
   * Makes what was found the result of the run's build step. What of this is done when the process
   * ends is kept, and the rest is built as for any run, with the same content. Idempotent.
   *
   * @param run of the plan that {@link #plan} made
   */
  void begin(Lake lake, Store.RunRow run, Journal journal) {
    Plan plan = run.plan();
    lake.branch(run.graph().dataset(dataset).table(), run.id().branch(), candidate);
    for (Step step : plan.steps()) {
      if (step instanceof Step.PrepareV2 prepare) {
        SortedMap<DatasetId, SliceSet> wanted = new TreeMap<>();
        wanted.put(dataset, new Reach(run.graph(), plan).planned(dataset));
        journal.begin(new Journal.Basis(0, prepare.heads(), prepare.pins(), wanted));
      } else if (step instanceof Step.BuildV1 build) {
        journal.finish(build.id(), RecordJson.write(only(build.slices()), JobResult.class));
      }
    }
  }

  private JobResult.Built only(SliceSet wanted) {
    return new JobResult.Built(
        built.key(),
        built.rowsIn(),
        built.rowsOutside(),
        built.bytes(),
        built.millis(),
        built.slices().stream().filter(s -> wanted.contains(s.ordinal())).toList(),
        built.checks());
  }

  private static TidemarkException missing(Graph graph, String branch, Optional<DatasetId> only) {
    return user(
        "TM-RUN-030",
        "there is no branch '" + branch + "' of " + only.map(DatasetId::value).orElse("any table"),
        branch.equals("main")
            ? "what is on main is published already"
            : "looked at the tables of "
                + graph.transforms().stream().map(t -> t.output().value()).toList(),
        "name the branch that 'flink run tidemark-job.jar backfill --branch' was given");
  }

  private static TidemarkException ambiguous(String branch, List<Transform> found) {
    return user(
        "TM-RUN-031",
        "several tables have a branch '" + branch + "'",
        "those of " + found.stream().map(t -> t.output().value()).toList(),
        "say which with --dataset");
  }

  private static TidemarkException user(String code, String what, String why, String fix) {
    return TidemarkException.user(Problem.of(code, what, why, fix));
  }
}
