package io.tidemark.lake;

import io.tidemark.lake.Lake.Done;
import io.tidemark.lake.Lake.Outcome;
import io.tidemark.model.Analysis;
import io.tidemark.model.Column;
import io.tidemark.model.ContentHash;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.Governance;
import io.tidemark.model.Grain;
import io.tidemark.model.JobSpec.CatalogSpec;
import io.tidemark.model.Layout;
import io.tidemark.model.RunId;
import io.tidemark.model.Schema;
import io.tidemark.model.SliceRecord;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.TableRef;
import io.tidemark.testing.LakeFixture;
import java.time.Clock;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** One derived dataset in one lake, and what happens to it. Months are its slices. */
final class Scene implements AutoCloseable {
  private final LakeFixture fixture;
  private final Lake lake;
  private final Dataset dataset;

  Scene(CatalogSpec spec, Dataset dataset) {
    this(new LakeFixture(spec), Lakes.open(spec), dataset);
  }

  /** Another dataset of the same lake. */
  Scene beside(String table) {
    return new Scene(fixture, lake, monthly(table));
  }

  private Scene(LakeFixture fixture, Lake lake, Dataset dataset) {
    this.fixture = fixture;
    this.lake = lake;
    this.dataset = dataset;
    lake.ensure(dataset);
  }

  /** As seen through another catalog, such as one that fails. */
  Scene through(org.apache.iceberg.catalog.Catalog catalog) {
    return new Scene(fixture, new IcebergLake(catalog, Clock.systemUTC(), attempt -> {}), dataset);
  }

  static Dataset dataset(String table, Layout layout) {
    return new Dataset(
        DatasetId.of(TableRef.parse(table).name()),
        Dataset.Kind.DERIVED,
        TableRef.parse(table),
        new Schema(
            List.of(
                Column.required("id", "BIGINT"),
                Column.nullable("at", "TIMESTAMP(6)"),
                Column.nullable("v", "STRING"))),
        List.of("id"),
        layout,
        new Governance(Governance.Tier.STANDARD, "", "", List.of()));
  }

  static Dataset monthly(String table) {
    return dataset(table, new Layout(Optional.of("at"), Grain.MONTH, Grain.MONTH));
  }

  Lake lake() {
    return lake;
  }

  LakeFixture fixture() {
    return fixture;
  }

  Dataset dataset() {
    return dataset;
  }

  TableRef table() {
    return dataset.table();
  }

  List<Object> row(long id, String day, String value) {
    return Arrays.asList(id, Instant.parse(day + "T12:00:00Z"), value);
  }

  @SafeVarargs
  final List<String> text(List<Object>... rows) {
    return Stream.of(rows)
        .map(r -> List.of(r.get(0), r.get(1).toString().replace(":00Z", ""), r.get(2)))
        .map(String::valueOf)
        .sorted()
        .toList();
  }

  @SafeVarargs
  final long append(List<Object>... rows) {
    return fixture.append(table(), List.of(rows));
  }

  long head() {
    return fixture.head(table());
  }

  List<String> rows() {
    return fixture.rows(table());
  }

  void compact() {
    fixture.compact(table());
  }

  void expire() {
    fixture.expire(table());
  }

  SliceSet slices(String text) {
    return SliceSet.parse(dataset.layout().slice(), text);
  }

  /** Cuts the run's branch and builds the rows on it. */
  @SafeVarargs
  final long candidate(String run, long base, String slices, List<Object>... rows) {
    String branch = new RunId(run).branch();
    lake.branch(table(), branch, base);
    return fixture.build(
        dataset,
        branch,
        slices(slices),
        List.of(rows),
        stamp(run, "build", Stamp.Kind.BUILD, slices(slices)));
  }

  /** A whole run: branch, build, publish, and the branch dropped. */
  @SafeVarargs
  final Done run(String run, String slices, List<Object>... rows) {
    long base = head();
    long candidate = candidate(run, base, slices, rows);
    Done done = (Done) publish(run, base, candidate, slices);
    lake.dropBranch(table(), new RunId(run).branch());
    return done;
  }

  List<SliceRecord> ledger() {
    return lake.facts(dataset, Set.of()).orElseThrow().ledger();
  }

  Outcome publish(String run, long base, long candidate, String slices) {
    return lake.publish(
        dataset,
        base,
        candidate,
        slices(slices),
        stamp(run, "publish", Stamp.Kind.PUBLISH, slices(slices)));
  }

  Outcome revert(String run, long publish, String slices) {
    return lake.revert(
        dataset, publish, slices(slices), stamp(run, "revert", Stamp.Kind.REVERT, slices(slices)));
  }

  Stamp stamp(String run, String step, Stamp.Kind kind, SliceSet slices) {
    Fingerprint code = Fingerprint.of("code", run);
    Analysis analysis =
        new Analysis(
            code,
            code,
            new TreeMap<>(),
            new TreeMap<>(),
            new TreeMap<>(),
            List.of(),
            Analysis.Locality.SHUFFLED);
    return new Stamp(
        run + "/" + step,
        kind,
        dataset.id(),
        new Stamp.Origin(
            Optional.of(new RunId(run)),
            Optional.of(Fingerprint.of("plan", run)),
            Optional.of(analysis),
            new TreeMap<>()),
        new Stamp.Content(
            slices.grain(),
            slices
                .ordinals()
                .mapToObj(o -> new Stamp.SliceDigest(o, 1, new ContentHash(0, o)))
                .toList(),
            Stamp.Content.ANY_COLUMN),
        "");
  }

  @Override
  public void close() {
    lake.close();
    fixture.close();
  }
}
