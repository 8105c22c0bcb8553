package io.tidemark.plan;

import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Expectation;
import io.tidemark.model.Facts;
import io.tidemark.model.Facts.TableFacts;
import io.tidemark.model.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** Puts the work into steps. */
final class Stepper {
  private final Facts facts;

  Stepper(Facts facts) {
    this.facts = facts;
  }

  /**
   * @param order the datasets to rebuild, inputs before consumers
   * @param batches the build steps of each
   */
  List<Step> steps(List<Work> order, Map<DatasetId, List<Batches.Batch>> batches) {
    List<Step> steps = new ArrayList<>();
    if (order.isEmpty()) {
      return steps;
    }
    List<DatasetId> ids = order.stream().map(w -> w.dataset().id()).toList();
    Set<DatasetId> outputs = Set.copyOf(ids);
    steps.add(new Step.PrepareV2("prepare", pins(order, outputs), ids, heads(ids)));
    for (Work work : order) {
      DatasetId id = work.dataset().id();
      SortedMap<DatasetId, Step.InputRef> inputs = inputs(work, outputs);
      int number = 0;
      for (Batches.Batch batch : batches.get(id)) {
        String step = "build-" + id + "-" + ++number;
        steps.add(new Step.BuildV1(step, id, batch.slices(), inputs));
      }
    }
    for (Work work : order) {
      DatasetId id = work.dataset().id();
      steps.add(new Step.VerifyV1("verify-" + id, id, work.stale()));
    }
    for (Work work : order) {
      DatasetId id = work.dataset().id();
      steps.add(new Step.PublishV1("publish-" + id, id, work.stale()));
    }
    return steps;
  }

  private SortedMap<DatasetId, Step.InputRef> inputs(Work work, Set<DatasetId> outputs) {
    SortedMap<DatasetId, Step.InputRef> inputs = new TreeMap<>();
    for (DatasetId input : work.transform().inputs()) {
      if (outputs.contains(input)) {
        inputs.put(input, new Step.Candidate());
      } else {
        head(input).ifPresent(head -> inputs.put(input, new Step.MainSnapshot(head)));
      }
    }
    return inputs;
  }

  /** What the plan takes for granted of the outputs: nobody replaced these slices since. */
  private SortedMap<DatasetId, Long> heads(List<DatasetId> outputs) {
    SortedMap<DatasetId, Long> heads = new TreeMap<>();
    outputs.forEach(id -> heads.put(id, head(id).orElse(0L)));
    return heads;
  }

  /** What is read from main: inputs, and the datasets that checks refer to. */
  private SortedMap<DatasetId, Long> pins(List<Work> order, Set<DatasetId> outputs) {
    SortedMap<DatasetId, Long> pins = new TreeMap<>();
    for (Work work : order) {
      List<DatasetId> read = new ArrayList<>(work.transform().inputs());
      read.addAll(referred(work.dataset()));
      for (DatasetId input : read) {
        if (!outputs.contains(input)) {
          head(input).ifPresent(head -> pins.put(input, head));
        }
      }
    }
    return pins;
  }

  private static List<DatasetId> referred(Dataset dataset) {
    List<DatasetId> referred = new ArrayList<>();
    for (Expectation expectation : dataset.governance().expectations()) {
      if (expectation.rule() instanceof Expectation.References r) {
        referred.add(r.dataset());
      } else if (expectation.rule() instanceof Expectation.Conserve c) {
        referred.add(c.dataset());
      }
    }
    return referred;
  }

  private Optional<Long> head(DatasetId id) {
    return Optional.ofNullable(facts.tables().get(id)).flatMap(TableFacts::head);
  }
}
