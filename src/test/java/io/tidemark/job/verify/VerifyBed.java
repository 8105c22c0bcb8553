package io.tidemark.job.verify;

import io.tidemark.cluster.Cluster;
import io.tidemark.cluster.Clusters;
import io.tidemark.job.JobMain;
import io.tidemark.model.CheckOutcome;
import io.tidemark.model.Column;
import io.tidemark.model.DatasetDiff;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Environment.FlinkEndpoint;
import io.tidemark.model.Expectation;
import io.tidemark.model.ExpectedChange.Allowed;
import io.tidemark.model.Grain;
import io.tidemark.model.JobResult;
import io.tidemark.model.JobSpec;
import io.tidemark.model.Layout;
import io.tidemark.model.Schema;
import io.tidemark.model.SliceSet;
import io.tidemark.model.TableRef;
import io.tidemark.testing.TestTable;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Optional;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.data.GenericRecord;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.types.Types;

/** Tables of two versions and a warm cluster that compares them. */
final class VerifyBed implements AutoCloseable {
  static final org.apache.iceberg.Schema ICEBERG =
      new org.apache.iceberg.Schema(
          Types.NestedField.optional(1, "id", Types.LongType.get()),
          Types.NestedField.optional(2, "at", Types.TimestampType.withoutZone()),
          Types.NestedField.optional(3, "name", Types.StringType.get()),
          Types.NestedField.optional(4, "amount", Types.DoubleType.get()),
          Types.NestedField.optional(5, "price", Types.DecimalType.of(10, 2)),
          Types.NestedField.optional(
              6, "tags", Types.ListType.ofOptional(7, Types.StringType.get())));

  static final Schema SCHEMA =
      new Schema(
          List.of(
              Column.nullable("id", "BIGINT"),
              Column.nullable("at", "TIMESTAMP(6)"),
              Column.nullable("name", "STRING"),
              Column.nullable("amount", "DOUBLE"),
              Column.nullable("price", "DECIMAL(10, 2)"),
              Column.nullable("tags", "ARRAY<STRING>")));

  static final long DAY = Grain.DAY.ordinal(java.time.Instant.parse("2001-03-01T00:00:00Z"));
  static final Layout LAYOUT = new Layout(Optional.of("at"), Grain.DAY, Grain.DAY);

  private final Path folder;
  private final Cluster cluster;
  private int tables;

  VerifyBed(Path folder) {
    this.folder = folder;
    this.cluster =
        Clusters.open(new FlinkEndpoint(Optional.empty(), 2, Optional.empty()), JobMain::compose);
  }

  /** The newest table. */
  TableRef newest() {
    return new TableRef("db", "t" + tables);
  }

  /** A table of days, with one column of each kind that compares in its own way. */
  TestTable newTable() {
    return TestTable.create(
        TestTable.catalog(folder),
        new TableRef("db", "t" + ++tables),
        ICEBERG,
        PartitionSpec.builderFor(ICEBERG).day("at").build());
  }

  static Record row(Long id, String at, String name, Double amount) {
    return row(id, LocalDateTime.parse(at), name, amount, "1.00", List.of());
  }

  static Record row(
      Long id, LocalDateTime at, String name, Double amount, String price, List<String> tags) {
    GenericRecord row = GenericRecord.create(ICEBERG);
    row.setField("id", id);
    row.setField("at", at);
    row.setField("name", name);
    row.setField("amount", amount);
    row.setField("price", price == null ? null : new BigDecimal(price));
    row.setField("tags", tags);
    return row;
  }

  static SliceSet days(long from, long to) {
    return SliceSet.range(Grain.DAY, DAY + from, DAY + to);
  }

  JobSpec.Verify spec(Optional<Long> base, long candidate, SliceSet slices) {
    JobSpec.Output output =
        new JobSpec.Output(
            DatasetId.of("out"), newest(), "main", SCHEMA, List.of("id"), LAYOUT, slices);
    String key = "verify-" + tables + "-" + candidate;
    return new JobSpec.Verify(
        key,
        TestTable.catalog(folder),
        output,
        base,
        candidate,
        Optional.empty(),
        List.of(),
        List.of(),
        3,
        folder.resolve("results/" + key + ".json").toString());
  }

  static JobSpec.Verify with(JobSpec.Verify s, Allowed allowed) {
    return new JobSpec.Verify(
        s.key(),
        s.catalog(),
        s.output(),
        s.base(),
        s.candidate(),
        Optional.of(allowed),
        s.checks(),
        s.inputs(),
        s.samples(),
        s.resultPath());
  }

  static JobSpec.Verify with(
      JobSpec.Verify s, List<Expectation> checks, List<JobSpec.Input> inputs) {
    return new JobSpec.Verify(
        s.key(),
        s.catalog(),
        s.output(),
        s.base(),
        s.candidate(),
        s.expected(),
        checks,
        inputs,
        s.samples(),
        s.resultPath());
  }

  void run(JobSpec.Verify spec) {
    cluster.run(spec, p -> {});
  }

  JobResult.Verified verify(TestTable table, JobSpec.Verify spec) {
    run(spec);
    return VerifyDocument.find(table.table().io(), spec.resultPath(), spec.key()).orElseThrow();
  }

  static DatasetDiff diff(JobResult.Verified result) {
    return result.diff().orElseThrow();
  }

  static CheckOutcome check(JobResult.Verified result, String name) {
    return result.checks().stream()
        .filter(c -> c.expectation().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Override
  public void close() {
    cluster.close();
  }
}
