package io.tidemark.job.append;

import io.tidemark.model.DatasetId;
import io.tidemark.model.LiveMark;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Pin;
import io.tidemark.model.Stamp;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What the committer knows after it has committed everything up to some checkpoint. Immutable, and
 * JSON in Flink's checkpoints.
 *
 * @param sources those that this job reads
 * @param tasks by output
 * @param seen per table that can be an input, the snapshot that all commits up to were looked at; 0
 *     for none
 * @param ended the history readers that have ended, as {@code source/subtask}
 * @param awaited how many history readers each source has, where one of them has said so
 */
record CommitState(
    int version,
    SortedMap<DatasetId, SourceState> sources,
    SortedMap<DatasetId, TaskState> tasks,
    SortedMap<DatasetId, Long> seen,
    SortedSet<String> ended,
    SortedMap<DatasetId, Long> awaited) {
  static final int VERSION = 1;

  /**
   * Of one source.
   *
   * @param mark the checkpoint of this job's newest commit to its table
   * @param offsets the next per partition
   */
  record SourceState(Optional<Long> mark, SortedMap<Integer, Long> offsets) {
    SourceState {
      offsets = Collections.unmodifiableSortedMap(new TreeMap<>(offsets));
    }
  }

  /**
   * The gates let slices before this one close, when the inputs were at these pins.
   *
   * @param openFrom the first slice still open
   */
  record Passed(long openFrom, SortedMap<DatasetId, Pin> pins) {}

  /**
   * Of one task.
   *
   * @param mark the checkpoint of this job's newest commit to its table
   * @param replaced whether what the branch held for open slices is gone
   * @param openFrom the first slice that the job owns; empty if it owns all
   * @param sums of open slices, by ordinal
   * @param doubts of slices that are not in a mark yet
   * @param passed what gates have closed and writers have not, the oldest first
   * @param counts not in a mark yet
   * @param ranges not in a mark yet
   */
  record TaskState(
      Optional<Long> mark,
      boolean replaced,
      Optional<Long> openFrom,
      List<Stamp.SliceDigest> sums,
      List<LiveMark.Doubt> doubts,
      List<Passed> passed,
      LiveMark.Counts counts,
      SortedMap<Integer, LiveMark.Range> ranges) {
    TaskState {
      sums = List.copyOf(sums);
      doubts = List.copyOf(doubts);
      passed = List.copyOf(passed);
      ranges = Collections.unmodifiableSortedMap(new TreeMap<>(ranges));
    }

    /** Before anything has happened. */
    static TaskState first(Optional<Long> openFrom) {
      return new TaskState(
          Optional.empty(),
          false,
          openFrom,
          List.of(),
          List.of(),
          List.of(),
          LiveMark.Counts.NONE,
          new TreeMap<>());
    }

    TaskState marked(long checkpoint) {
      return new TaskState(
          Optional.of(checkpoint), replaced, openFrom, sums, doubts, passed, counts, ranges);
    }

    TaskState doubting(List<LiveMark.Doubt> more) {
      if (more.isEmpty()) {
        return this;
      }
      List<LiveMark.Doubt> all = new ArrayList<>(doubts);
      all.addAll(more);
      return new TaskState(mark, replaced, openFrom, sums, all, passed, counts, ranges);
    }
  }

  CommitState {
    sources = Collections.unmodifiableSortedMap(new TreeMap<>(sources));
    tasks = Collections.unmodifiableSortedMap(new TreeMap<>(tasks));
    seen = Collections.unmodifiableSortedMap(new TreeMap<>(seen));
    ended = Collections.unmodifiableSortedSet(new TreeSet<>(ended));
    awaited = Collections.unmodifiableSortedMap(new TreeMap<>(awaited));
  }

  /** Before the first checkpoint of a start. */
  static CommitState first(LiveSpec spec) {
    SortedMap<DatasetId, SourceState> sources = new TreeMap<>();
    SortedMap<DatasetId, TaskState> tasks = new TreeMap<>();
    SortedMap<DatasetId, Long> seen = new TreeMap<>();
    for (LiveSpec.Source source : spec.sources()) {
      sources.put(source.dataset().id(), new SourceState(Optional.empty(), source.offsets()));
      seen.put(source.dataset().id(), source.snapshot());
    }
    for (LiveSpec.Task task : spec.tasks()) {
      tasks.put(task.output().name(), TaskState.first(task.openFrom()));
      seen.put(task.output().name(), task.snapshot());
    }
    return new CommitState(VERSION, sources, tasks, seen, new TreeSet<>(), new TreeMap<>());
  }
}
