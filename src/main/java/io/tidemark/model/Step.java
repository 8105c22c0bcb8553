package io.tidemark.model;

import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * One unit of a run, idempotent by the run's id and its own. The record names are part of the plan
 * format: a step whose meaning changes gets a new record with the next number, and the old one
 * stays readable.
 */
public sealed interface Step {
  /** Unique within its plan: {@code build-airport_day-1}. */
  String id();

  <R> R accept(Visitor<R> visitor);

  /** One method per kind of step: a new kind does not compile until everyone handles it. */
  interface Visitor<R> {
    R prepare(PrepareV2 step);

    R build(BuildV1 step);

    R verify(VerifyV1 step);

    R publish(PublishV1 step);
  }

  /**
   * Leases every input and cuts the run's branch on every output, creating tables that are missing.
   *
   * @param pins the inputs read from main
   * @param outputs the datasets that will be written
   * @param heads main of each output when the plan was made, 0 for an empty one; none where a plan
   *     of an earlier version did not say
   */
  record PrepareV2(
      String id,
      SortedMap<DatasetId, Long> pins,
      List<DatasetId> outputs,
      SortedMap<DatasetId, Long> heads)
      implements Step {
    public PrepareV2 {
      pins = Collections.unmodifiableSortedMap(new TreeMap<>(pins));
      outputs = List.copyOf(outputs);
      heads = Collections.unmodifiableSortedMap(new TreeMap<>(heads));
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.prepare(this);
    }
  }

  /** As plans said it before they named the heads of their outputs. */
  record PrepareV1(String id, SortedMap<DatasetId, Long> pins, List<DatasetId> outputs)
      implements Step {
    public PrepareV1 {
      pins = Collections.unmodifiableSortedMap(new TreeMap<>(pins));
      outputs = List.copyOf(outputs);
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.prepare(new PrepareV2(id, pins, outputs, new TreeMap<>()));
    }
  }

  /**
   * Recomputes slices of one dataset in one Flink job onto the run's branch.
   *
   * @param inputs where each input is read
   */
  record BuildV1(
      String id, DatasetId dataset, SliceSet slices, SortedMap<DatasetId, InputRef> inputs)
      implements Step {
    public BuildV1 {
      inputs = Collections.unmodifiableSortedMap(new TreeMap<>(inputs));
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.build(this);
    }
  }

  /** Checks the candidate's slices and diffs them against main. */
  record VerifyV1(String id, DatasetId dataset, SliceSet slices) implements Step {
    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.verify(this);
    }
  }

  /** Puts the candidate's slices on main in one metadata commit. */
  record PublishV1(String id, DatasetId dataset, SliceSet slices) implements Step {
    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.publish(this);
    }
  }

  /** Where an input of a build is read. */
  sealed interface InputRef {}

  /** A snapshot of main, fixed when the plan was made. */
  record MainSnapshot(long snapshot) implements InputRef {}

  /** The head of this run's own branch, written by an earlier step. */
  record Candidate() implements InputRef {}
}
