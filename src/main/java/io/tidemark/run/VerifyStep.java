package io.tidemark.run;

import io.tidemark.cluster.Cluster;
import io.tidemark.lake.Lake;
import io.tidemark.model.CheckOutcome;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetDiff;
import io.tidemark.model.DatasetDiff.Counts;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Evidence;
import io.tidemark.model.Expectation;
import io.tidemark.model.ExpectedChange;
import io.tidemark.model.ExpectedChange.Allowed;
import io.tidemark.model.ExpectedChange.Bounds;
import io.tidemark.model.JobResult;
import io.tidemark.model.JobSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.RecordJson;
import io.tidemark.model.SliceSet;
import io.tidemark.model.SliceStats;
import io.tidemark.model.Step;
import io.tidemark.model.TidemarkException;
import io.tidemark.release.Journal;
import io.tidemark.store.Store;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Makes the evidence of one dataset: what was checked while it was written, the checks that need a
 * pass of their own, and the diff. Slices that came out as main holds them are not read.
 */
final class VerifyStep {
  /** What may differ where input rows, not code, are the reason: anything. */
  static final Allowed ANYTHING =
      new Allowed(
          List.of("*"), Optional.empty(), Optional.empty(), Bounds.ANY, Bounds.ANY, List.of());

  private final Lake lake;
  private final Store store;
  private final Cluster cluster;
  private final JobSpecs specs;

  VerifyStep(Lake lake, Store store, Cluster cluster, JobSpecs specs) {
    this.lake = lake;
    this.store = store;
    this.cluster = cluster;
    this.specs = specs;
  }

  /** Whether there is evidence of the very snapshot that the branch is at. */
  boolean isDone(RunWork work, Step.VerifyV1 step) {
    Journal.Basis basis = work.basis();
    long candidate = work.candidate(step.dataset());
    boolean recorded =
        work.journal().result(Journal.attempt(step.id(), basis.attempt())).isPresent()
            || (basis.attempt() > 0 && !basis.slices().containsKey(step.dataset()));
    return recorded
        && store.evidence(work.run().id()).stream()
            .anyMatch(e -> e.dataset().equals(step.dataset()) && e.candidate() == candidate);
  }

  void run(RunWork work, Step.VerifyV1 step, Consumer<Cluster.Progress> progress) {
    DatasetId id = step.dataset();
    Dataset dataset = work.dataset(id);
    Journal.Basis basis = work.basis();
    List<SliceStats> built = List.copyOf(work.built(id).values());
    SliceSet identical = work.identical(id);
    SliceSet changed = work.builtSlices(id).minus(identical);

    List<CheckOutcome> checks = new ArrayList<>(work.checks(id));
    checks.add(
        Rules.conserved(built, lake.rows(dataset, work.candidate(id), work.builtSlices(id))));
    checks.addAll(Rules.proved(dataset, work.transform(id)));
    DatasetDiff diff;
    SliceSet compared = changed.intersect(work.known(id));
    List<Expectation> apart = Rules.apart(dataset, work.transform(id));
    if (compared.isEmpty() && (apart.isEmpty() || changed.isEmpty())) {
      diff = allAdded(built, changed);
    } else {
      diff = compare(work, step, changed, compared, apart, checks, progress);
    }
    store.putEvidence(
        work.run().id(),
        new Evidence(
            id,
            basis.heads().get(id),
            work.candidate(id),
            built,
            identical,
            diff,
            Rules.merge(checks)));
    work.journal().finish(Journal.attempt(step.id(), basis.attempt()), "");
  }

  /** The diff of slices that main has never been given: every row is added. */
  private static DatasetDiff allAdded(List<SliceStats> built, SliceSet changed) {
    List<DatasetDiff.SliceDiff> slices =
        built.stream()
            .filter(s -> changed.contains(s.ordinal()) && s.rows() > 0)
            .map(s -> new DatasetDiff.SliceDiff(s.ordinal(), new Counts(s.rows(), 0, 0, 0, 0)))
            .toList();
    Counts counts =
        slices.stream().map(DatasetDiff.SliceDiff::counts).reduce(Counts.ZERO, Counts::plus);
    return new DatasetDiff(counts, new TreeMap<>(), slices, List.of(), List.of());
  }

  /**
   * Reads all changed slices once. Where only some of them need an explanation, these are read once
   * more, held against the expected change.
   */
  private DatasetDiff compare(
      RunWork work,
      Step.VerifyV1 step,
      SliceSet changed,
      SliceSet compared,
      List<Expectation> apart,
      List<CheckOutcome> checks,
      Consumer<Cluster.Progress> progress) {
    DatasetId id = step.dataset();
    SliceSet strict = work.reach().needsExplanation(id).intersect(compared);
    Optional<Allowed> declared = declared(work, id);
    boolean together = strict.equals(changed);
    JobResult.Verified all =
        verify(
            work, step, "", changed, together ? declared : Optional.of(ANYTHING), apart, progress);
    checks.addAll(all.checks());
    DatasetDiff diff = all.diff().orElseGet(() -> allAdded(List.of(), changed));
    if (together || strict.isEmpty()) {
      return diff;
    }
    JobResult.Verified part =
        verify(work, step, "-explained", strict, declared, List.of(), progress);
    return part.diff().map(explained -> join(diff, explained, strict)).orElse(diff);
  }

  /** Counts of the whole, judgement of the part that was held against the expected change. */
  private static DatasetDiff join(DatasetDiff all, DatasetDiff explained, SliceSet strict) {
    Counts c = all.counts();
    Map<Long, DatasetDiff.SliceDiff> judged = new TreeMap<>();
    all.slices().forEach(s -> judged.put(s.ordinal(), s));
    explained.slices().forEach(s -> judged.put(s.ordinal(), s));
    return new DatasetDiff(
        new Counts(
            c.added(), c.removed(), c.changed(), c.unchanged(), explained.counts().unexplained()),
        all.columns(),
        List.copyOf(judged.values()),
        Stream.concat(
                explained.samples().stream(),
                all.samples().stream().filter(s -> !strict.contains(s.slice())))
            .toList(),
        explained.broken());
  }

  private JobResult.Verified verify(
      RunWork work,
      Step.VerifyV1 step,
      String part,
      SliceSet slices,
      Optional<Allowed> expected,
      List<Expectation> checks,
      Consumer<Cluster.Progress> progress) {
    Dataset dataset = work.dataset(step.dataset());
    String key =
        work.run().id()
            + "/"
            + Journal.attempt(step.id() + part, work.basis().attempt())
            + "-"
            + work.candidate(step.dataset());
    String path = specs.documentPath(dataset, key);
    Optional<String> document = lake.readText(dataset.table(), path);
    if (document.isEmpty()) {
      JobSpec.Verify spec = specs.verify(work, step.dataset(), slices, expected, checks, key);
      TidemarkException failure = null;
      try {
        cluster.run(spec, progress);
      } catch (TidemarkException e) {
        failure = e;
      }
      document = lake.readText(dataset.table(), path);
      if (document.isEmpty()) {
        throw failure != null ? failure : noDocument(key);
      }
    }
    return (JobResult.Verified) RecordJson.read(document.get(), JobResult.class);
  }

  private static TidemarkException noDocument(String key) {
    return TidemarkException.external(
        Problem.of(
            "TM-RUN-024",
            "job " + key + " ended without a result",
            "its document is not there",
            "repeat the command; it is checked again"),
        null);
  }

  private static Optional<Allowed> declared(RunWork work, DatasetId dataset) {
    return work.run()
        .plan()
        .change()
        .flatMap(
            name ->
                work.run().graph().changes().stream()
                    .filter((ExpectedChange c) -> c.name().equals(name))
                    .findFirst())
        .flatMap(change -> Optional.ofNullable(change.datasets().get(dataset)));
  }
}
