package io.tidemark.run;

import io.tidemark.lake.Lake;
import io.tidemark.model.CheckOutcome;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Facts;
import io.tidemark.model.Facts.TableFacts;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.JobResult;
import io.tidemark.model.RecordJson;
import io.tidemark.model.SliceRecord;
import io.tidemark.model.SliceSet;
import io.tidemark.model.SliceStats;
import io.tidemark.model.Step;
import io.tidemark.model.TimeRanges;
import io.tidemark.model.Transform;
import io.tidemark.release.Journal;
import io.tidemark.release.Publisher;
import io.tidemark.store.Store.RunRow;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * One run while a process works on it: what was asked, and what came out so far. What main holds is
 * read once per dataset. For one thread.
 */
final class RunWork {
  private final RunRow run;
  private final Lake lake;
  private final Journal journal;
  private final Reach reach;
  private final Fingerprint planHash;
  private final Map<DatasetId, Main> mains = new HashMap<>();

  RunWork(RunRow run, Lake lake, Journal journal) {
    this.run = run;
    this.lake = lake;
    this.journal = journal;
    this.reach = new Reach(run.graph(), run.plan());
    this.planHash = Publisher.planHash(run.plan());
  }

  /**
   * What main holds of a derived dataset.
   *
   * @param rows per slice, as manifests count them
   */
  private record Main(Map<Long, SliceRecord> ledger, Map<Long, Long> rows) {}

  RunRow run() {
    return run;
  }

  Journal journal() {
    return journal;
  }

  Reach reach() {
    return reach;
  }

  Fingerprint planHash() {
    return planHash;
  }

  /** The basis of the present attempt. */
  Journal.Basis basis() {
    return journal
        .basis()
        .orElseThrow(() -> new IllegalStateException("[BUG] run " + run.id() + " is not prepared"));
  }

  Dataset dataset(DatasetId id) {
    return run.graph().dataset(id);
  }

  Transform transform(DatasetId output) {
    return run.graph().transformOf(output).orElseThrow();
  }

  /** The head of the run's branch; 0 for none. */
  long candidate(DatasetId id) {
    return lake.head(dataset(id).table(), run.id().branch()).orElse(0L);
  }

  /** Every slice that was computed, as the newest attempt measured it. */
  SortedMap<Long, SliceStats> built(DatasetId id) {
    SortedMap<Long, SliceStats> stats = new TreeMap<>();
    results(id).forEach(result -> result.slices().forEach(s -> stats.put(s.ordinal(), s)));
    return stats;
  }

  SliceSet builtSlices(DatasetId id) {
    return SliceSet.ofOrdinals(
        dataset(id).layout().slice(), built(id).keySet().stream().mapToLong(o -> o));
  }

  /**
   * What was found while slices were written. Where all slices that broke a rule were computed
   * again later, only the later finding counts.
   */
  List<CheckOutcome> checks(DatasetId id) {
    List<JobResult.Built> results = results(id);
    List<CheckOutcome> outcomes = new ArrayList<>();
    for (int i = 0; i < results.size(); i++) {
      Set<Long> later = new java.util.HashSet<>();
      results
          .subList(i + 1, results.size())
          .forEach(r -> r.slices().forEach(s -> later.add(s.ordinal())));
      for (CheckOutcome outcome : results.get(i).checks()) {
        boolean outdated = !outcome.slices().isEmpty() && later.containsAll(outcome.slices());
        outcomes.add(
            outdated
                ? new CheckOutcome(outcome.expectation(), outcome.severity(), 0, "", List.of())
                : outcome);
      }
    }
    return outcomes;
  }

  /** The results of a dataset's build steps, oldest attempt first. */
  private List<JobResult.Built> results(DatasetId id) {
    List<JobResult.Built> results = new ArrayList<>();
    int last = journal.basis().map(Journal.Basis::attempt).orElse(0);
    for (int attempt = 0; attempt <= last; attempt++) {
      for (Step step : run.plan().steps()) {
        if (step instanceof Step.BuildV1 build && build.dataset().equals(id)) {
          journal
              .result(Journal.attempt(build.id(), attempt))
              .map(text -> (JobResult.Built) RecordJson.read(text, JobResult.class))
              .ifPresent(results::add);
        }
      }
    }
    return results;
  }

  /** The computed slices whose content is what main holds already. */
  SliceSet identical(DatasetId id) {
    Main main = main(id);
    return SliceSet.ofOrdinals(
        dataset(id).layout().slice(),
        built(id).values().stream()
            .filter(
                s -> {
                  SliceRecord record = main.ledger().get(s.ordinal());
                  return record != null
                      && record.hash().equals(s.hash())
                      && record.rows() == s.rows()
                      && main.rows().getOrDefault(s.ordinal(), 0L) == s.rows();
                })
            .mapToLong(SliceStats::ordinal));
  }

  /** The slices that main has been given before, be it no rows. */
  SliceSet known(DatasetId id) {
    Main main = main(id);
    return SliceSet.ofOrdinals(
        dataset(id).layout().slice(),
        java.util.stream.LongStream.concat(
            main.ledger().keySet().stream().mapToLong(o -> o),
            main.rows().entrySet().stream()
                .filter(e -> e.getValue() > 0)
                .mapToLong(Map.Entry::getKey)));
  }

  private Main main(DatasetId id) {
    return mains.computeIfAbsent(
        id,
        dataset -> {
          Map<Long, SliceRecord> ledger = new HashMap<>();
          Map<Long, Long> rows = new HashMap<>();
          Optional<TableFacts> facts = lake.facts(dataset(dataset), Set.of());
          facts.ifPresent(
              f -> {
                f.ledger().forEach(r -> ledger.put(r.ordinal(), r));
                f.inventory().forEach((Facts.SliceFiles s) -> rows.put(s.ordinal(), s.rows()));
              });
          return new Main(ledger, rows);
        });
  }

  /**
   * Early cut-off: the slices of a step that are computed only because an input is, and whose part
   * of that input came out as it was.
   */
  SliceSet cutOff(Step.BuildV1 step) {
    SliceSet candidates = reach.onlyUpstream(step.dataset()).intersect(step.slices());
    Transform transform = transform(step.dataset());
    for (Map.Entry<DatasetId, Step.InputRef> input : step.inputs().entrySet()) {
      if (candidates.isEmpty()) {
        return candidates;
      }
      if (input.getValue() instanceof Step.Candidate) {
        TimeRanges changed = builtSlices(input.getKey()).minus(identical(input.getKey())).ranges();
        candidates = candidates.minus(Reach.reached(candidates, changed, transform));
      }
    }
    return candidates;
  }
}
