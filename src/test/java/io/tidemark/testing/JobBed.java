package io.tidemark.testing;

import io.tidemark.cluster.Cluster;
import io.tidemark.cluster.Clusters;
import io.tidemark.job.JobMain;
import io.tidemark.lake.Lake;
import io.tidemark.lake.Lakes;
import io.tidemark.model.Analysis;
import io.tidemark.model.CheckOutcome;
import io.tidemark.model.Column;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Environment.FlinkEndpoint;
import io.tidemark.model.Expectation;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.Governance;
import io.tidemark.model.Grain;
import io.tidemark.model.JobResult;
import io.tidemark.model.JobSpec;
import io.tidemark.model.JobSpec.CatalogSpec;
import io.tidemark.model.Layout;
import io.tidemark.model.Location;
import io.tidemark.model.RecordJson;
import io.tidemark.model.Schema;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.TableRef;
import io.tidemark.model.TimeRanges;
import io.tidemark.model.Transform;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** One lake and one warm cluster to run jobs on. */
public final class JobBed implements AutoCloseable {
  public static final String BRANCH = "tidemark-run-r1";

  private final LakeFixture fixture;
  private final Lake lake;
  private final Cluster cluster;
  private final CatalogSpec spec;

  private JobBed(CatalogSpec spec, Cluster cluster) {
    this.spec = spec;
    this.fixture = new LakeFixture(spec);
    this.lake = Lakes.open(spec);
    this.cluster = cluster;
  }

  public static JobBed open(Path dir) {
    return open(LakeFixture.sqlite(dir), cluster(2));
  }

  public static JobBed open(CatalogSpec spec, Cluster cluster) {
    return new JobBed(spec, cluster);
  }

  public static Cluster cluster(int parallelism) {
    return Clusters.open(
        new FlinkEndpoint(Optional.empty(), parallelism, Optional.empty()), JobMain::compose);
  }

  public LakeFixture fixture() {
    return fixture;
  }

  public Lake lake() {
    return lake;
  }

  /** A dataset of its own namespace {@code ns}; columns as {@code name TYPE} or with NOT NULL. */
  public Dataset dataset(String name, Layout layout, String... columns) {
    List<Column> list = new ArrayList<>();
    for (String column : columns) {
      int space = column.indexOf(' ');
      String type = column.substring(space + 1);
      list.add(
          type.endsWith(" NOT NULL")
              ? Column.required(column.substring(0, space), type.replace(" NOT NULL", ""))
              : Column.nullable(column.substring(0, space), type));
    }
    Dataset dataset =
        new Dataset(
            DatasetId.of(name),
            Dataset.Kind.DERIVED,
            TableRef.parse("ns." + name),
            new Schema(list),
            List.of(list.get(0).name()),
            layout,
            new Governance(Governance.Tier.STANDARD, "", "", List.of()));
    lake.ensure(dataset);
    return dataset;
  }

  /** Four events of the first three months of 2001, at the edges of months. */
  public Dataset events(String name) {
    Dataset events =
        dataset(
            name,
            sliced("at", Grain.MONTH, Grain.MONTH),
            "id BIGINT NOT NULL",
            "at TIMESTAMP(6)",
            "amount INT");
    append(
        events,
        List.of(
            row(1L, Instant.parse("2001-01-05T00:00:00Z"), 10),
            row(2L, Instant.parse("2001-01-31T23:59:59.999999Z"), 20),
            row(3L, Instant.parse("2001-02-01T00:00:00Z"), 30),
            row(4L, Instant.parse("2001-03-15T12:00:00Z"), null)));
    return events;
  }

  public static Layout sliced(String column, Grain partition, Grain slice) {
    return new Layout(Optional.of(column), partition, slice);
  }

  public void append(Dataset dataset, List<List<Object>> rows) {
    fixture.append(dataset.table(), rows);
  }

  public static Instant at(String text) {
    return Instant.parse(text);
  }

  public static SliceSet months(String labels) {
    return SliceSet.parse(Grain.MONTH, labels);
  }

  public static List<Object> row(Object... values) {
    return Arrays.asList(values);
  }

  public JobSpec.Input input(Dataset dataset) {
    return input(dataset, TimeRanges.ALL);
  }

  public JobSpec.Input input(Dataset dataset, TimeRanges ranges) {
    return JobSpec.Input.of(dataset, fixture.head(dataset.table()), ranges);
  }

  /** A build onto the run's branch, which it cuts. */
  public JobSpec.Build build(
      String key, Transform.Logic logic, Dataset output, SliceSet slices, JobSpec.Input... inputs) {
    lake.branch(output.table(), BRANCH, fixture.head(output.table()));
    Transform transform =
        new Transform(
            output.id(),
            logic,
            Arrays.stream(inputs).map(JobSpec.Input::name).toList(),
            Transform.Window.EXACT,
            "1",
            analysis(Analysis.Locality.SHUFFLED),
            new Location("jobs/t.sql", 1, 1));
    return new JobSpec.Build(
        key,
        spec,
        transform,
        List.of(inputs),
        JobSpec.Output.of(output, BRANCH, slices),
        List.of(),
        new Stamp(
            key,
            Stamp.Kind.BUILD,
            output.id(),
            Stamp.Origin.NONE,
            new Stamp.Content(slices.grain(), List.of(), List.of()),
            "a note"),
        lake.documentPath(output.table(), key.replace('/', '-') + ".json"));
  }

  public JobSpec.Build sql(
      String key, String query, Dataset output, SliceSet slices, JobSpec.Input... inputs) {
    return build(key, new Transform.Sql(query), output, slices, inputs);
  }

  public static JobSpec.Build checked(JobSpec.Build b, Expectation... checks) {
    return new JobSpec.Build(
        b.key(),
        b.catalog(),
        b.transform(),
        b.inputs(),
        b.output(),
        List.of(checks),
        b.stamp(),
        b.resultPath());
  }

  public static Analysis analysis(Analysis.Locality locality) {
    return new Analysis(
        Fingerprint.of("t"),
        Fingerprint.of("t"),
        new TreeMap<>(),
        new TreeMap<>(),
        new TreeMap<>(),
        List.of(),
        locality);
  }

  public void run(JobSpec job) {
    cluster.run(job, progress -> {});
  }

  /** Runs a build and reads the document that it leaves. */
  public JobResult.Built built(JobSpec.Build job) {
    run(job);
    JobResult.Built built = result(job);
    org.assertj.core.api.Assertions.assertThat(built.checks())
        .filteredOn(c -> c.expectation().equals(CheckOutcome.CONSERVATION))
        .allMatch(CheckOutcome::passed)
        .hasSize(1);
    return built;
  }

  /** The document that a build left. */
  public JobResult.Built result(JobSpec.Build job) {
    return RecordJson.read(
        lake.readText(job.output().table(), job.resultPath()).orElseThrow(), JobResult.Built.class);
  }

  /** The rows of the run's branch. */
  public List<String> rows(Dataset dataset) {
    return fixture.rows(dataset.table(), fixture.head(dataset.table(), BRANCH));
  }

  public Stamp stamp(JobSpec.Build job) {
    return lake.find(job.output().table(), BRANCH, job.key()).orElseThrow().stamp();
  }

  @Override
  public void close() {
    cluster.close();
    lake.close();
    fixture.close();
  }
}
