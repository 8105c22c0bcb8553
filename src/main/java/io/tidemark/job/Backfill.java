package io.tidemark.job;

import io.tidemark.job.catalog.IcebergCatalogs;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Expectation;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.Grain;
import io.tidemark.model.Graph;
import io.tidemark.model.JobSpec;
import io.tidemark.model.JobSpec.CatalogSpec;
import io.tidemark.model.Pin;
import io.tidemark.model.Problem;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.model.TimeRanges;
import io.tidemark.model.Transform;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Catalog;

/**
 * A build ordered by hand: one transform over a range of time onto a branch, its inputs read where
 * main stands now. Its key says what is recomputed from what, so the same order twice is done once.
 *
 * @param from start of the first slice; empty for a dataset without event time
 * @param to end of the last slice
 * @param branch never main: what a person should look at first is not put before readers
 * @param classes where a Java transform's classes are; empty for where the graph says
 */
record Backfill(
    Graph graph,
    CatalogSpec catalog,
    DatasetId transform,
    Optional<Instant> from,
    Optional<Instant> to,
    String branch,
    List<String> classes) {

  Backfill {
    classes = List.copyOf(classes);
  }

  /**
   * Looks the inputs up and makes the order.
   *
   * @throws TidemarkException USAGE if the graph has no such transform or the range does not fit
   *     its slices; EXTERNAL if a table is missing
   */
  JobSpec.Build toSpec() {
    Transform found =
        graph
            .transformOf(transform)
            .map(this::withClasses)
            .orElseThrow(
                () ->
                    usage(
                        "the graph has no transform '" + transform + "'",
                        "it has "
                            + graph.transforms().stream().map(t -> t.output().value()).toList()));
    if (branch.equals("main")) {
      throw usage("--branch is main", "what is on main is seen by readers at once; use a branch");
    }
    Dataset output = graph.dataset(transform);
    SliceSet slices = slices(output.layout().slice());
    Catalog opened = IcebergCatalogs.loader(catalog).loadCatalog();
    try {
      return spec(found, output, slices, opened);
    } finally {
      IcebergCatalogs.close(opened);
    }
  }

  private Transform withClasses(Transform t) {
    if (classes.isEmpty()) {
      return t;
    } else if (t.logic() instanceof Transform.JavaClass java) {
      return new Transform(
          t.output(),
          new Transform.JavaClass(java.className(), classes),
          t.inputs(),
          t.window(),
          t.label(),
          t.analysis(),
          t.where());
    }
    throw usage("--classes is given", "the transform '" + t.output() + "' is SQL");
  }

  private JobSpec.Build spec(Transform found, Dataset output, SliceSet slices, Catalog opened) {
    List<JobSpec.Input> inputs = new ArrayList<>();
    TreeMap<DatasetId, Pin> pins = new TreeMap<>();
    for (DatasetId id : found.inputs()) {
      Dataset input = graph.dataset(id);
      Table table = IcebergCatalogs.load(opened, input.table());
      long head = table.currentSnapshot() == null ? 0 : table.currentSnapshot().snapshotId();
      TimeRanges ranges =
          input.layout().eventTime().isEmpty() || slices.grain() == Grain.ALL
              ? TimeRanges.ALL
              : slices.ranges().widen(found.window().lookback(), found.window().lookahead());
      inputs.add(JobSpec.Input.of(input, head, ranges));
      pins.put(id, Pin.main(head));
    }
    Table table = IcebergCatalogs.load(opened, output.table());
    String key =
        "backfill/"
            + transform
            + "/"
            + Fingerprint.of(
                    found.analysis().fingerprint().hex(),
                    slices.toString(),
                    pins.toString(),
                    branch)
                .abbreviated();
    return new JobSpec.Build(
        key,
        catalog,
        found,
        inputs,
        JobSpec.Output.of(output, branch, slices),
        checks(output),
        new Stamp(
            key,
            Stamp.Kind.BUILD,
            transform,
            new Stamp.Origin(
                Optional.empty(), Optional.empty(), Optional.of(found.analysis()), pins),
            new Stamp.Content(slices.grain(), List.of(), List.of()),
            "by hand"),
        table.location() + "/metadata/tidemark/" + key.replace('/', '-') + ".json");
  }

  private static List<Expectation> checks(Dataset output) {
    return output.governance().expectations().stream().filter(Expectation::isInline).toList();
  }

  private SliceSet slices(Grain grain) {
    if (grain == Grain.ALL) {
      if (from.isPresent() || to.isPresent()) {
        throw usage("--from and --to are given", transform + " has no event time: leave them out");
      }
      return SliceSet.range(Grain.ALL, 0, 1);
    }
    if (from.isEmpty() || to.isEmpty() || !from.get().isBefore(to.get())) {
      throw usage("--from and --to make no range", transform + " is cut by " + grain.text());
    }
    TimeRanges asked = TimeRanges.of(new TimeRange(from.get(), to.get()));
    SliceSet slices = SliceSet.covering(grain, asked);
    if (!slices.ranges().equals(asked)) {
      throw usage(
          "--from and --to cut through a slice",
          "slices are replaced whole; the next range that fits is " + slices.ranges().ranges());
    }
    return slices;
  }

  private static TidemarkException usage(String what, String why) {
    return TidemarkException.usage(Problem.of("TM-JOB-050", what, why, JobArguments.USAGE));
  }
}
