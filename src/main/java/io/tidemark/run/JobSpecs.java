package io.tidemark.run;

import io.tidemark.lake.Lake;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Expectation;
import io.tidemark.model.ExpectedChange;
import io.tidemark.model.JobSpec;
import io.tidemark.model.Pin;
import io.tidemark.model.Problem;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.Step;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRanges;
import io.tidemark.model.Transform;
import io.tidemark.release.Journal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Writes the orders to the cluster: everything resolved, so that the job asks nobody. */
final class JobSpecs {
  /** How many sample rows of each kind a diff keeps. */
  private static final int SAMPLES = 20;

  private final JobSpec.CatalogSpec catalog;
  private final Lake lake;

  JobSpecs(JobSpec.CatalogSpec catalog, Lake lake) {
    this.catalog = catalog;
    this.lake = lake;
  }

  JobSpec.Build build(RunWork work, Step.BuildV1 step, SliceSet slices, String key) {
    Dataset output = work.dataset(step.dataset());
    Transform transform = work.transform(step.dataset());
    List<JobSpec.Input> inputs = new ArrayList<>();
    TreeMap<DatasetId, Pin> pins = new TreeMap<>();
    for (DatasetId input : transform.inputs()) {
      Pin pin = pin(work, input).orElseThrow(() -> neverLoaded(work.dataset(input), output));
      pins.put(input, pin);
      inputs.add(
          JobSpec.Input.of(
              work.dataset(input),
              pin.snapshot(),
              Reach.read(work.dataset(input), slices, transform)));
    }
    return new JobSpec.Build(
        key,
        catalog,
        transform,
        inputs,
        output(work, output, slices),
        Rules.inline(output),
        new Stamp(
            key,
            Stamp.Kind.BUILD,
            output.id(),
            new Stamp.Origin(
                Optional.of(work.run().id()),
                Optional.of(work.planHash()),
                Optional.of(transform.analysis()),
                pins),
            new Stamp.Content(output.layout().slice(), List.of(), List.of()),
            work.run().plan().change().orElse("")),
        documentPath(output, key));
  }

  /**
   * @param slices those to read
   * @param expected what may differ; empty if nothing was declared
   */
  JobSpec.Verify verify(
      RunWork work,
      DatasetId dataset,
      SliceSet slices,
      Optional<ExpectedChange.Allowed> expected,
      List<Expectation> checks,
      String key) {
    Dataset output = work.dataset(dataset);
    Transform transform = work.transform(dataset);
    Map<DatasetId, TimeRanges> read = read(transform, slices, checks);
    List<JobSpec.Input> inputs = new ArrayList<>();
    read.forEach(
        (id, ranges) ->
            inputs.add(
                JobSpec.Input.of(
                    work.dataset(id),
                    pin(work, id)
                        .orElseThrow(() -> neverLoaded(work.dataset(id), output))
                        .snapshot(),
                    ranges)));
    long base = work.basis().heads().get(dataset);
    return new JobSpec.Verify(
        key,
        catalog,
        output(work, output, slices),
        base == 0 ? Optional.empty() : Optional.of(base),
        work.candidate(dataset),
        expected,
        checks,
        inputs,
        SAMPLES,
        documentPath(output, key));
  }

  /**
   * What checks look at besides the candidate. The transform's first input comes first where the
   * ratio to its rows is asked for.
   */
  private static Map<DatasetId, TimeRanges> read(
      Transform transform, SliceSet slices, List<Expectation> checks) {
    Map<DatasetId, TimeRanges> read = new LinkedHashMap<>();
    for (Expectation check : checks) {
      if (check.rule() instanceof Expectation.RowCount) {
        read.put(transform.inputs().get(0), slices.ranges());
      }
    }
    for (Expectation check : checks) {
      if (check.rule() instanceof Expectation.Conserve conserve) {
        read.putIfAbsent(conserve.dataset(), slices.ranges());
      }
    }
    for (Expectation check : checks) {
      if (check.rule() instanceof Expectation.References references) {
        read.put(references.dataset(), TimeRanges.ALL);
      }
    }
    return read;
  }

  /** Where the result document of a key lies. */
  String documentPath(Dataset output, String key) {
    return lake.documentPath(output.table(), key.replace('/', '-') + ".json");
  }

  private static JobSpec.Output output(RunWork work, Dataset output, SliceSet slices) {
    return JobSpec.Output.of(output, work.run().id().branch(), slices);
  }

  /** Where an input is read: the run's own candidate if it builds one, else the leased snapshot. */
  private Optional<Pin> pin(RunWork work, DatasetId input) {
    Journal.Basis basis = work.basis();
    SortedMap<DatasetId, Long> heads = basis.heads();
    if (heads.containsKey(input)) {
      long candidate = work.candidate(input);
      return candidate == 0
          ? Optional.empty()
          : Optional.of(Pin.candidate(candidate, heads.get(input), work.run().id()));
    }
    return Optional.ofNullable(basis.pins().get(input)).map(Pin::main);
  }

  private static TidemarkException neverLoaded(Dataset input, Dataset output) {
    return TidemarkException.user(
        Problem.of(
            "TM-RUN-021",
            "cannot build " + output.id() + ": its input " + input.id() + " holds nothing",
            "table " + input.table() + " has no snapshot",
            "load it first, then plan again"));
  }
}
