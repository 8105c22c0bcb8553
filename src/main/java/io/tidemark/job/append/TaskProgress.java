package io.tidemark.job.append;

import io.tidemark.job.append.CommitState.Passed;
import io.tidemark.job.append.CommitState.TaskState;
import io.tidemark.model.ContentHash;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Grain;
import io.tidemark.model.JobSpec;
import io.tidemark.model.LiveMark;
import io.tidemark.model.LiveMark.Doubt;
import io.tidemark.model.Pin;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.Stamp.SliceDigest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** What one checkpoint means to one task: pure arithmetic over what is known and what is told. */
final class TaskProgress {
  /** A watermark that jumps over more slices than this without a row leaves the first unstamped. */
  private static final long MOST_WITHOUT_ROWS = 5000;

  /**
   * Gates that had moved kept rows from these slices which the pin holds: it is of the checkpoint
   * that followed.
   */
  private static final String GIVEN_UP = "a checkpoint was given up while it closed";

  private final JobSpec.Output output;
  private final Grain grain;

  TaskProgress(JobSpec.Output output) {
    this.output = output;
    this.grain = output.layout().slice();
  }

  /**
   * Adds a checkpoint's reports to what is known.
   *
   * @param ranges taken from the first source
   * @param pins where the inputs are with this checkpoint
   */
  TaskState absorb(
      TaskState state,
      Tally tally,
      Map<Integer, LiveMark.Range> ranges,
      SortedMap<DatasetId, Pin> pins) {
    long open = state.openFrom().orElse(Closing.NONE);
    List<Doubt> doubts = new ArrayList<>(state.doubts());
    tally.gated(output.name()).forEach(g -> doubts.addAll(g.doubts()));
    TreeMap<Long, SliceDigest> sums = new TreeMap<>();
    state.sums().forEach(s -> sums.put(s.ordinal(), s));
    long strays = 0;
    for (LiveReport.Stray stray : tally.strays(output.table())) {
      strays += stray.rows();
      doubts.add(new Doubt(one(stray.ordinal()), "rows were made for it after it had closed"));
    }
    for (SliceDigest written : tally.slices(output.table())) {
      if (written.ordinal() < open) {
        doubts.add(
            new Doubt(one(written.ordinal()), "rows were written to it after it had closed"));
      } else {
        sums.merge(written.ordinal(), written, TaskProgress::plus);
      }
    }
    LiveMark.Counts before = state.counts();
    LiveMark.Counts counts =
        new LiveMark.Counts(
            before.taken() + tally.gated(output.name()).stream().mapToLong(g -> g.taken()).sum(),
            before.late() + tally.gated(output.name()).stream().mapToLong(g -> g.late()).sum(),
            before.written() + tally.rows(output.table()),
            before.strays() + strays);
    TreeMap<Integer, LiveMark.Range> carried = new TreeMap<>(state.ranges());
    ranges.forEach((partition, range) -> carried.merge(partition, range, Tally::plus));
    List<Passed> passed = new ArrayList<>(state.passed());
    long known = passed.isEmpty() ? open : passed.get(passed.size() - 1).openFrom();
    tally
        .gatesOpenFrom(output.name())
        .filter(gate -> gate > known)
        .ifPresent(
            gate -> {
              passed.add(new Passed(gate, pins));
              long from = known == Closing.NONE && !sums.isEmpty() ? sums.firstKey() : known;
              if (tally.isOfSeveralCheckpoints(output.name())
                  && from != Closing.NONE
                  && from < gate) {
                doubts.add(new Doubt(SliceSet.range(grain, from, gate), GIVEN_UP));
              }
            });
    return new TaskState(
        state.mark(),
        state.replaced(),
        state.openFrom(),
        List.copyOf(sums.values()),
        doubts,
        passed,
        counts,
        carried);
  }

  private static SliceDigest plus(SliceDigest one, SliceDigest other) {
    return new SliceDigest(one.ordinal(), one.rows() + other.rows(), one.hash().plus(other.hash()));
  }

  private SliceSet one(long ordinal) {
    return SliceSet.range(grain, ordinal, ordinal + 1);
  }

  /**
   * What a commit says of slices.
   *
   * @param slices that closed and that main answers for
   * @param doubts about slices that are closed
   * @param pins that the slices were made from; empty if none closed
   * @param rest what is known after the commit
   */
  record Closed(
      List<SliceDigest> slices,
      List<Doubt> doubts,
      SortedMap<DatasetId, Pin> pins,
      TaskState rest) {
    /** The same, but that main does not answer for any slice that closed, for this reason. */
    Closed doubted(Grain grain, String reason) {
      if (slices.isEmpty()) {
        return this;
      }
      List<Doubt> all = new ArrayList<>(doubts);
      all.add(
          new Doubt(
              SliceSet.ofOrdinals(grain, slices.stream().mapToLong(SliceDigest::ordinal)), reason));
      return new Closed(List.of(), all, pins, rest);
    }

    /** Whether there is anything to say. */
    boolean isNews(TaskState before) {
      return !doubts.isEmpty() || !rest.openFrom().equals(before.openFrom());
    }
  }

  /** Closes what the gates and all writers have left behind. */
  Closed close(TaskState state, Tally tally, SortedMap<DatasetId, Pin> pins) {
    long open = state.openFrom().orElse(Closing.NONE);
    long next = Math.max(open, closedByAll(state, tally));
    List<SliceDigest> closed = new ArrayList<>();
    List<SliceDigest> left = new ArrayList<>();
    state.sums().forEach(s -> (s.ordinal() < next ? closed : left).add(s));
    List<Doubt> told = new ArrayList<>();
    List<Doubt> kept = new ArrayList<>();
    SliceSet doubted = split(state.doubts(), next, told, kept);
    boolean any = next > open;
    List<Passed> later = state.passed().stream().filter(p -> p.openFrom() > next).toList();
    SortedMap<DatasetId, Pin> oldest =
        state.passed().stream()
            .filter(p -> p.openFrom() > open)
            .findFirst()
            .map(Passed::pins)
            .orElse(pins);
    return new Closed(
        any
            ? withEmpty(closed, open, next).stream()
                .filter(s -> !doubted.contains(s.ordinal()))
                .toList()
            : List.of(),
        told,
        any ? oldest : new TreeMap<>(),
        new TaskState(
            state.mark(),
            state.replaced(),
            next == Closing.NONE ? Optional.empty() : Optional.of(next),
            left,
            kept,
            later,
            LiveMark.Counts.NONE,
            new TreeMap<>()));
  }

  /**
   * A transform may hold its watermark back, so writers may be behind the gates; never before them.
   */
  private long closedByAll(TaskState state, Tally tally) {
    long writers = tally.writersOpenFrom(output.table()).orElse(Closing.NONE);
    if (tally.gated(output.name()).isEmpty() && state.passed().isEmpty()) {
      return writers;
    }
    long gates = state.passed().stream().mapToLong(Passed::openFrom).max().orElse(Closing.NONE);
    return Math.min(writers, gates);
  }

  /** Slices that closed without a row are as good as others: a run would find them empty, too. */
  private static List<SliceDigest> withEmpty(List<SliceDigest> closed, long open, long next) {
    if (open == Closing.NONE && closed.isEmpty()) {
      return closed;
    }
    TreeMap<Long, SliceDigest> all = new TreeMap<>();
    closed.forEach(s -> all.put(s.ordinal(), s));
    long first = open == Closing.NONE ? closed.get(0).ordinal() : open;
    for (long o = Math.max(first, next - MOST_WITHOUT_ROWS); o < next; o++) {
      all.putIfAbsent(o, new SliceDigest(o, 0, ContentHash.EMPTY));
    }
    return List.copyOf(all.values());
  }

  /** Doubts about closed slices are told, by reason; others wait. Gives what is doubted. */
  private SliceSet split(List<Doubt> doubts, long next, List<Doubt> told, List<Doubt> kept) {
    Map<String, SliceSet> reasons = new LinkedHashMap<>();
    doubts.forEach(d -> reasons.merge(d.reason(), d.slices(), SliceSet::union));
    SliceSet all = SliceSet.empty(grain);
    SliceSet past = SliceSet.range(grain, Long.MIN_VALUE, next);
    for (Map.Entry<String, SliceSet> reason : reasons.entrySet()) {
      SliceSet now = reason.getValue().intersect(past);
      SliceSet then = reason.getValue().minus(past);
      if (!now.isEmpty()) {
        told.add(new Doubt(now, reason.getKey()));
        all = all.union(now);
      }
      if (!then.isEmpty()) {
        kept.add(new Doubt(then, reason.getKey()));
      }
    }
    return all;
  }

  /** The stamp of a commit that says this of slices. */
  Stamp stamp(String key, Stamp.Origin origin, List<SliceDigest> slices, long checkpoint) {
    return new Stamp(
        key,
        Stamp.Kind.LIVE,
        output.name(),
        origin,
        new Stamp.Content(grain, slices, Stamp.Content.ANY_COLUMN),
        "checkpoint " + checkpoint);
  }
}
