package io.tidemark.control.handlers;

import io.tidemark.control.Operation;
import io.tidemark.control.Verified;
import io.tidemark.control.Watcher;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetDiff;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Facts;
import io.tidemark.model.Graph;
import io.tidemark.model.LiveMark;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Plan;
import io.tidemark.model.Problem;
import io.tidemark.model.SliceSet;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.Topic;
import io.tidemark.plan.Planner;
import io.tidemark.plan.Selection;
import io.tidemark.release.Claims;
import io.tidemark.run.FactsReader;
import io.tidemark.run.OffsetCounts;
import io.tidemark.run.Offsets;
import io.tidemark.run.Recomputation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Proves that nothing was lost, doubled or changed without a reason. */
final class VerifyHandler {
  private static final DatasetDiff NONE =
      new DatasetDiff(DatasetDiff.Counts.ZERO, new TreeMap<>(), List.of(), List.of(), List.of());

  private final Workplace workplace;
  private final Watcher watcher;

  VerifyHandler(Workplace workplace, Watcher watcher) {
    this.workplace = workplace;
    this.watcher = watcher;
  }

  Verified verify(Operation.Verify operation) {
    Graph graph = workplace.graph();
    Dataset dataset = Resolve.dataset(graph, operation.dataset());
    requireVerifiable(dataset);
    List<Verified.Source> sources = new ArrayList<>();
    for (DatasetId id : graph.topicsBehind(dataset.id())) {
      sources.add(source(graph.dataset(id)));
    }
    Optional<Verified.Slices> slices =
        dataset.kind() == Dataset.Kind.DERIVED
            ? Optional.of(slices(graph, dataset, operation.slices()))
            : Optional.empty();
    return new Verified(dataset.id(), dataset.table().toString(), sources, slices);
  }

  private static void requireVerifiable(Dataset dataset) {
    if (dataset.kind() != Dataset.Kind.DERIVED && dataset.topic().isEmpty()) {
      throw TidemarkException.user(
          Problem.of(
              "TM-CONTROL-011",
              "there is nothing to verify '" + dataset.id() + "' against",
              "it is neither made by a transform nor read from a topic",
              "verify a dataset that is made from it"));
    }
  }

  private Verified.Source source(Dataset dataset) {
    // Marks first: the rows of every mark are there when it is, and later ones are not counted.
    List<LiveMark> marks = workplace.lake().taken(dataset.table());
    SortedMap<Integer, Offsets.Taken> taken = Offsets.of(dataset.id(), marks);
    if (taken.isEmpty()
        && workplace.lake().holdsValues(dataset.table(), Topic.OFFSET_COLUMN)
        && workplace.lake().taken(dataset.table()).isEmpty()) {
      throw TidemarkException.refused(
          Problem.of(
              "TM-CONTROL-013",
              "no mark is left that says what was taken from the topic of '" + dataset.id() + "'",
              "its table holds records of it, and they can be counted against nothing",
              "roll the table back to a snapshot with a live job's mark, if one is left"));
    }
    OffsetCounts held = new OffsetCounts(taken);
    if (!taken.isEmpty()) {
      count(dataset.table(), held);
    }
    List<Verified.Partition> partitions = new ArrayList<>();
    taken.forEach((number, t) -> partitions.add(partition(number, t, held.held(number))));
    return new Verified.Source(
        dataset.id(), dataset.topic().map(Topic::name).orElse(""), partitions);
  }

  private static Verified.Partition partition(
      int number, Offsets.Taken taken, OffsetCounts.Held held) {
    List<String> notes = new ArrayList<>();
    taken
        .gaps()
        .forEach(g -> notes.add("no mark speaks of offsets " + g.from() + " to " + (g.to() - 1)));
    taken
        .twice()
        .forEach(t -> notes.add("two marks speak of offsets " + t.from() + " to " + (t.to() - 1)));
    if (held.before() > 0) {
      notes.add("no mark speaks of records before offset " + taken.from());
    }
    if (taken.expired() > 0) {
      notes.add(taken.expired() + " offsets expired before they were read, which was accepted");
    }
    long untold = taken.gaps().stream().mapToLong(g -> g.to() - g.from()).sum() + held.before();
    return new Verified.Partition(
        number,
        taken.from(),
        taken.to(),
        taken.records(),
        held.rows(),
        held.letters(),
        Math.max(0, taken.records() - held.offsets()),
        held.rows()
            - held.differentRows()
            + held.letters()
            - held.differentLetters()
            + Math.max(0, held.offsets() - taken.records()),
        untold,
        taken.expired(),
        notes);
  }

  private void count(TableRef table, OffsetCounts counts) {
    workplace.origins().read(table, counts.rows());
    TableRef letters = LiveSpec.deadLetters(table);
    if (workplace
        .lake()
        .schema(letters)
        .filter(s -> s.names().contains(Topic.OFFSET_COLUMN))
        .isPresent()) {
      workplace.origins().read(letters, counts.letters());
    }
  }

  private Verified.Slices slices(Graph graph, Dataset dataset, Optional<String> only) {
    Claims claims = new Claims(workplace.store(), workplace.clock());
    try (Claims.Claim claim = claims.take(List.of("verify " + dataset.table()))) {
      claim.check();
      Facts facts = new FactsReader(workplace.lake(), workplace.store()).read(graph);
      Selection all = Selection.everything(workplace.environment().limits());
      Plan.Impact impact =
          Planner.assess(graph, facts, all).plan().impacts().stream()
              .filter(i -> i.dataset().equals(dataset.id()))
              .findFirst()
              .orElseThrow();
      SliceSet asked = only.map(text -> Resolve.slices(dataset, text)).orElse(impact.reused());
      SliceSet compared = impact.reused().intersect(asked);
      SliceSet stale = only.isPresent() ? impact.stale().intersect(asked) : impact.stale();
      DatasetDiff diff = compared.isEmpty() ? NONE : compare(graph, facts, dataset, compared);
      return new Verified.Slices(
          compared,
          stale,
          StateHandler.open(dataset, Optional.ofNullable(facts.tables().get(dataset.id()))),
          impact.reasons().stream().filter(r -> r.slices().overlaps(stale)).toList(),
          diff.counts(),
          SliceSet.ofOrdinals(
              compared.grain(),
              diff.slices().stream()
                  .filter(s -> s.counts().different() > 0)
                  .mapToLong(DatasetDiff.SliceDiff::ordinal)));
    }
  }

  private DatasetDiff compare(Graph graph, Facts facts, Dataset dataset, SliceSet slices) {
    Plan plan = Planner.again(graph, facts, dataset.id(), slices, workplace.environment().limits());
    return new Recomputation(
            workplace.lake(),
            workplace.cluster(),
            workplace.environment().catalog(),
            workplace.clock())
        .compare(graph, plan, dataset.id(), new RunProgress(watcher));
  }
}
