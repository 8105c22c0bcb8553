package io.tidemark.model;

import java.util.List;
import java.util.Optional;

/** What a job leaves behind: a document that is written before the commit it speaks of. */
public sealed interface JobResult {
  String key();

  /**
   * @param rowsIn rows read per input, in the order of the job's inputs
   * @param rowsOutside rows that the transform made for slices that were not asked for; dropped
   * @param bytes written
   * @param millis from the job's start to its commit
   */
  record Built(
      String key,
      List<Long> rowsIn,
      long rowsOutside,
      long bytes,
      long millis,
      List<SliceStats> slices,
      List<CheckOutcome> checks)
      implements JobResult {
    public Built {
      rowsIn = List.copyOf(rowsIn);
      slices = List.copyOf(slices);
      checks = List.copyOf(checks);
    }
  }

  /** The outcome of a verify job. */
  record Verified(String key, Optional<DatasetDiff> diff, List<CheckOutcome> checks)
      implements JobResult {
    public Verified {
      checks = List.copyOf(checks);
    }
  }

  /**
   * @param rows good rows
   * @param deadLetters rows that could not be read
   * @param firstProblems the first few, as {@code file:line: reason}, without row data
   */
  record Loaded(
      String key, long rows, long deadLetters, List<String> firstProblems, List<SliceStats> slices)
      implements JobResult {
    public Loaded {
      firstProblems = List.copyOf(firstProblems);
      slices = List.copyOf(slices);
    }
  }

  /**
   * The outcome of a compaction.
   *
   * @param rows in the slices that were rewritten
   * @param filesBefore of those slices
   * @param filesAfter of those slices
   * @param bytes written for them
   * @param skipped slices whose files somebody else replaced meanwhile
   */
  record Compacted(
      String key, long rows, int filesBefore, int filesAfter, long bytes, SliceSet skipped)
      implements JobResult {}
}
