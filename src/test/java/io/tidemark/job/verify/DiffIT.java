package io.tidemark.job.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tidemark.cluster.Cluster;
import io.tidemark.cluster.Clusters;
import io.tidemark.job.JobMain;
import io.tidemark.model.CheckOutcome;
import io.tidemark.model.Column;
import io.tidemark.model.DatasetDiff;
import io.tidemark.model.DatasetDiff.Counts;
import io.tidemark.model.DatasetDiff.Sample;
import io.tidemark.model.DatasetDiff.SliceDiff;
import io.tidemark.model.DatasetDiff.Verdict;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Environment.FlinkEndpoint;
import io.tidemark.model.Expectation;
import io.tidemark.model.Expectation.Severity;
import io.tidemark.model.ExpectedChange.Allowed;
import io.tidemark.model.ExpectedChange.Bounds;
import io.tidemark.model.ExpectedChange.Total;
import io.tidemark.model.Grain;
import io.tidemark.model.JobResult;
import io.tidemark.model.JobSpec;
import io.tidemark.model.Layout;
import io.tidemark.model.Schema;
import io.tidemark.model.SliceSet;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRanges;
import io.tidemark.testing.TestTable;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.data.GenericRecord;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class DiffIT {
  private static final org.apache.iceberg.Schema ICEBERG =
      new org.apache.iceberg.Schema(
          Types.NestedField.optional(1, "id", Types.LongType.get()),
          Types.NestedField.optional(2, "at", Types.TimestampType.withoutZone()),
          Types.NestedField.optional(3, "name", Types.StringType.get()),
          Types.NestedField.optional(4, "amount", Types.DoubleType.get()),
          Types.NestedField.optional(5, "price", Types.DecimalType.of(10, 2)),
          Types.NestedField.optional(
              6, "tags", Types.ListType.ofOptional(7, Types.StringType.get())));

  private static final Schema SCHEMA =
      new Schema(
          List.of(
              Column.nullable("id", "BIGINT"),
              Column.nullable("at", "TIMESTAMP(6)"),
              Column.nullable("name", "STRING"),
              Column.nullable("amount", "DOUBLE"),
              Column.nullable("price", "DECIMAL(10, 2)"),
              Column.nullable("tags", "ARRAY<STRING>")));

  private static final long DAY =
      Grain.DAY.ordinal(java.time.Instant.parse("2001-03-01T00:00:00Z"));
  private static final Layout LAYOUT = new Layout(Optional.of("at"), Grain.DAY, Grain.DAY);

  @TempDir private Path folder;
  private Cluster cluster;
  private int tables;

  @BeforeAll
  void open() {
    cluster =
        Clusters.open(new FlinkEndpoint(Optional.empty(), 2, Optional.empty()), JobMain::compose);
  }

  @AfterAll
  void close() {
    cluster.close();
  }

  private TestTable newTable() {
    return TestTable.create(
        TestTable.catalog(folder),
        new TableRef("db", "t" + ++tables),
        ICEBERG,
        PartitionSpec.builderFor(ICEBERG).day("at").build());
  }

  private static Record row(Long id, String at, String name, Double amount) {
    return row(id, LocalDateTime.parse(at), name, amount, "1.00", List.of());
  }

  private static Record row(
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

  private static SliceSet days(long from, long to) {
    return SliceSet.range(Grain.DAY, DAY + from, DAY + to);
  }

  private JobSpec.Verify spec(Optional<Long> base, long candidate, SliceSet slices) {
    TableRef table = new TableRef("db", "t" + tables);
    JobSpec.Output output =
        new JobSpec.Output(
            DatasetId.of("out"), table, "main", SCHEMA, List.of("id"), LAYOUT, slices);
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

  private static JobSpec.Verify with(JobSpec.Verify s, Allowed allowed) {
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

  private static JobSpec.Verify with(
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

  private JobResult.Verified verify(TestTable table, JobSpec.Verify spec) {
    cluster.run(spec, p -> {});
    return VerifyDocument.find(table.table().io(), spec.resultPath(), spec.key()).orElseThrow();
  }

  private static DatasetDiff diff(JobResult.Verified result) {
    return result.diff().orElseThrow();
  }

  private static CheckOutcome check(JobResult.Verified result, String name) {
    return result.checks().stream()
        .filter(c -> c.expectation().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void randomTablesDiffAsTheOracleSays(long seed) {
    Random random = new Random(seed);
    TestTable table = newTable();
    List<Record> before = randomRows(random, seed == 1 ? 3000 : 300, seed == 3);
    List<Record> after = mutate(random, before);
    long base = table.replace(before);
    long candidate = table.replace(after);
    SliceSet slices = days(1, 4).union(days(6, 8));

    JobResult.Verified result = verify(table, spec(Optional.of(base), candidate, slices));

    DiffOracle oracle = new DiffOracle(0, 1);
    oracle.compare(before, after, slices.ordinals().boxed().collect(Collectors.toSet()));
    Counts expected = oracle.counts(oracle.added + oracle.removed + oracle.changed);
    assertThat(diff(result).counts()).isEqualTo(expected);
    assertThat(expected.changed()).isPositive();
    assertThat(check(result, VerifyCollector.KEY_UNIQUE).violations())
        .isEqualTo(oracle.duplicateKeys);
    assertThat(
            diff(result).slices().stream()
                .map(SliceDiff::counts)
                .reduce(Counts.ZERO, Counts::plus)
                .different())
        .isEqualTo(expected.different());
  }

  /** Keys with missing values and, if asked, far too few different ones. */
  private static List<Record> randomRows(Random random, int n, boolean duplicates) {
    List<Record> rows = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      Long id = random.nextInt(50) == 0 ? null : (long) (duplicates ? random.nextInt(n / 3) : i);
      rows.add(randomRow(random, id));
    }
    return rows;
  }

  private static Record randomRow(Random random, Long id) {
    Double[] amounts = {null, 0.0, -0.0, Double.NaN, 1.5, Double.POSITIVE_INFINITY};
    LocalDateTime at = LocalDateTime.of(2001, 3, 1, 0, 0).plusMinutes(random.nextInt(10 * 24 * 60));
    return row(
        id,
        at,
        random.nextInt(5) == 0 ? null : "n" + random.nextInt(3),
        amounts[random.nextInt(amounts.length)],
        random.nextInt(5) == 0 ? null : random.nextInt(3) + ".50",
        random.nextInt(5) == 0 ? null : List.of("a", "b").subList(0, random.nextInt(3)));
  }

  private static List<Record> mutate(Random random, List<Record> rows) {
    List<Record> after = new ArrayList<>();
    for (Record row : rows) {
      Record copy = row.copy();
      switch (random.nextInt(10)) {
        case 0 -> copy.setField("name", "changed");
        case 1 -> copy.setField("at", ((LocalDateTime) row.getField("at")).plusHours(20));
        case 2 -> copy.setField("amount", randomRow(random, 0L).getField("amount"));
        case 3 -> copy.setField("tags", List.of("c"));
        default -> {}
      }
      int copies = random.nextInt(20);
      if (copies > 0) {
        after.add(copy);
      }
      if (copies == 1) {
        after.add(copy);
      }
    }
    after.add(randomRow(random, 1_000_000L));
    return after;
  }

  @Test
  void aMovedRowIsChangedInItsNewSliceAndSamplesTellTheDifferingColumns() {
    TestTable table = newTable();
    long base =
        table.replace(
            List.of(
                row(10L, "2001-03-01T23:00:00", "a", 1.0),
                row(9L, "2001-03-01T10:00:00", "b", 2.0),
                row(7L, "2001-03-02T10:00:00", "c", 3.0)));
    long candidate =
        table.replace(
            List.of(
                row(10L, "2001-03-02T04:00:00", "a", 1.0),
                row(9L, "2001-03-01T10:00:00", null, 2.0),
                row(8L, "2001-03-01T11:00:00", "d", 4.0)));

    DatasetDiff diff = diff(verify(table, spec(Optional.of(base), candidate, days(0, 2))));

    assertThat(diff.columns())
        .containsOnly(java.util.Map.entry("at", 1L), java.util.Map.entry("name", 1L));
    assertThat(diff.slices())
        .containsExactly(
            new SliceDiff(DAY, new Counts(1, 0, 1, 0, 2)),
            new SliceDiff(DAY + 1, new Counts(0, 1, 1, 0, 2)));
    assertThat(diff.samples())
        .extracting(s -> s.kind() + " " + s.key() + " " + s.values().size())
        .containsExactly(
            "ADDED {id=8} 6", "REMOVED {id=7} 6", "CHANGED {id=9} 1", "CHANGED {id=10} 1");
    Sample moved = diff.samples().get(3);
    assertThat(moved.slice()).isEqualTo(DAY + 1);
    assertThat(moved.values())
        .containsExactly(
            new DatasetDiff.Delta(
                "at", Optional.of("2001-03-01 23:00:00"), Optional.of("2001-03-02 04:00:00")));
  }

  @Test
  void anExpectedChangeSplitsTheDiffAndItsBoundsAndTotalsBreak() {
    TestTable table = newTable();
    long base =
        table.replace(
            List.of(
                row(1L, "2001-03-01T01:00:00", "a", 100.0),
                row(2L, "2001-03-01T02:00:00", "b", 200.0),
                row(3L, "2001-03-01T03:00:00", "c", 300.0),
                row(4L, "2001-03-01T04:00:00", "d", null),
                row(6L, "2001-03-01T04:00:00", "e", 1.0)));
    long candidate =
        table.replace(
            List.of(
                row(1L, "2001-03-01T01:00:00", "a", 1.0),
                row(2L, "2001-03-01T02:00:00", "other", 2.0),
                row(3L, "2001-03-01T03:00:00", "c", 4.0),
                row(4L, "2001-03-01T04:00:00", "d", 5.0),
                row(5L, "2001-03-01T05:00:00", "new", 0.5)));
    Allowed allowed =
        new Allowed(
            List.of("amount"),
            Optional.of("old_amount >= 100 OR new_name = 'new' -- and no other"),
            Optional.of("new_amount = old_amount / 100"),
            new Bounds(2, 3),
            Bounds.NONE,
            List.of(new Total("amount", -590, -580), new Total("amount", -100, 0)));
    JobSpec.Verify spec = with(spec(Optional.of(base), candidate, days(0, 1)), allowed);

    DatasetDiff diff = diff(verify(table, spec));

    assertThat(diff.counts()).isEqualTo(new Counts(1, 1, 4, 0, 4));
    assertThat(diff.samples())
        .filteredOn(s -> s.verdict() == Verdict.EXPLAINED)
        .extracting(s -> s.kind() + " " + s.key().get("id"))
        .containsExactly("ADDED 5", "CHANGED 1");
    assertThat(diff.samples())
        .filteredOn(s -> s.verdict() == Verdict.UNEXPLAINED)
        .extracting(s -> s.kind() + " " + s.key().get("id"))
        .containsExactly("REMOVED 6", "CHANGED 2", "CHANGED 3", "CHANGED 4");
    assertThat(diff.broken())
        .containsExactly(
            "1 rows added, at least 2 expected",
            "the total of amount changed by -588.5, expected -100 to 0");
    assertThat(diff.isExplained()).isFalse();
  }

  @Test
  void aFirstBuildIsAllAddedExplainedAndReadFromMetadata() {
    TestTable table = newTable();
    long candidate =
        table.replace(
            List.of(
                row(1L, "2001-03-01T01:00:00", "a", 1.0),
                row(2L, "2001-03-02T02:00:00", "b", 2.0),
                row(3L, "2001-03-03T02:00:00", "b", 2.0)));
    // Reading a row would fail: only the manifests are left.
    table
        .table()
        .newScan()
        .planFiles()
        .forEach(t -> table.table().io().deleteFile(t.file().location()));

    JobResult.Verified result = verify(table, spec(Optional.empty(), candidate, days(0, 2)));

    assertThat(diff(result).counts()).isEqualTo(new Counts(2, 0, 0, 0, 0));
    assertThat(diff(result).slices()).hasSize(2);
    assertThat(diff(result).isExplained()).isTrue();
  }

  @Test
  void aColumnThatTheBaseLacksReadsAsMissing() {
    TestTable table = newTable();
    table.table().updateSchema().deleteColumn("price").commit();
    long base = table.replace(List.of(unpriced(table, 1L), unpriced(table, 2L)));
    table.table().updateSchema().addColumn("price", Types.DecimalType.of(10, 2)).commit();
    Record priced = unpriced(table, 2L);
    priced.setField("price", new BigDecimal("9.99"));
    long candidate = table.replace(List.of(unpriced(table, 1L), priced));

    DatasetDiff diff = diff(verify(table, spec(Optional.of(base), candidate, days(0, 1))));

    assertThat(diff.counts()).isEqualTo(new Counts(0, 0, 1, 1, 1));
    assertThat(diff.columns()).containsOnlyKeys("price");
  }

  private static Record unpriced(TestTable table, long id) {
    Record row = GenericRecord.create(table.table().schema());
    row.setField("id", id);
    row.setField("at", LocalDateTime.parse("2001-03-01T01:00:00"));
    row.setField("name", "a");
    return row;
  }

  @Test
  void checksThatNeedAPassOfTheirOwn() {
    TestTable inputTable = newTable();
    TableRef input = new TableRef("db", "t" + tables);
    long read =
        inputTable.replace(
            List.of(
                row(1L, "2001-03-01T01:00:00", "a", 10.0),
                row(2L, "2001-03-01T02:00:00", "b", 20.0),
                row(3L, "2001-03-02T03:00:00", "c", 30.0),
                row(4L, "2001-03-09T03:00:00", "outside", 1e9)));
    TestTable table = newTable();
    long candidate =
        table.replace(
            List.of(
                row(1L, "2001-03-01T01:00:00", "a", 30.0),
                row(2L, "2001-03-02T02:00:00", "b", 10.0),
                row(2L, "2001-03-02T02:30:00", "b", 19.0),
                row(9L, "2001-03-02T03:00:00", null, 0.0)));
    List<Expectation> checks =
        List.of(
            new Expectation("ids", Severity.ERROR, new Expectation.Unique(List.of("id"))),
            new Expectation("pairs", Severity.WARN, new Expectation.Unique(List.of("id", "at"))),
            new Expectation(
                "known",
                Severity.ERROR,
                new Expectation.References("id", DatasetId.of("raw"), "id")),
            new Expectation(
                "names",
                Severity.ERROR,
                new Expectation.References("name", DatasetId.of("raw"), "name")),
            new Expectation(
                "ratio",
                Severity.ERROR,
                new Expectation.RowCount(
                    Optional.of(0.9), Optional.of(2.0), Expectation.RowCount.Basis.INPUT)),
            new Expectation(
                "sum",
                Severity.ERROR,
                new Expectation.Conserve(DatasetId.of("raw"), "SUM(amount)", "SUM(amount)", 0.001)),
            new Expectation(
                "sum5",
                Severity.ERROR,
                new Expectation.Conserve(DatasetId.of("raw"), "SUM(amount)", "SUM(amount)", 0.05)),
            new Expectation(
                "frozen",
                Severity.ERROR,
                new Expectation.Golden(
                    "g.csv",
                    "id,at,amount\n1,2001-03-01T01:00:00,30\n9,2001-03-02 03:00:00,1\n"
                        + "77,2001-03-02T00:00:00,\n78,2001-04-01T00:00:00,5\n")));
    JobSpec.Input raw = new JobSpec.Input(DatasetId.of("raw"), input, read, LAYOUT, TimeRanges.ALL);

    JobResult.Verified result =
        verify(table, with(spec(Optional.empty(), candidate, days(0, 2)), checks, List.of(raw)));

    assertThat(check(result, "ids").violations()).isEqualTo(1);
    assertThat(check(result, "ids").slices()).containsExactly(DAY + 1);
    assertThat(check(result, "pairs").passed()).isTrue();
    assertThat(check(result, "known").violations()).isEqualTo(1);
    assertThat(check(result, "names").passed()).isTrue();
    assertThat(check(result, "ratio"))
        .isEqualTo(
            new CheckOutcome(
                "ratio",
                Severity.ERROR,
                2,
                "2 slices out of bounds; 4 rows of 3 read",
                List.of(DAY, DAY + 1)));
    assertThat(check(result, "sum").detail()).isEqualTo("input 60.0, output 59.0");
    assertThat(check(result, "sum").passed()).isFalse();
    assertThat(check(result, "sum5").passed()).isTrue();
    assertThat(check(result, "frozen").violations()).isEqualTo(2);
    assertThat(check(result, "frozen").detail())
        .isEqualTo("3 rows expected, 2 found, 1 of them with other values");
    assertThat(diff(result).counts().added()).isEqualTo(4);
  }

  @Test
  void aPredicateThatIsNoneIsTheUsersMistake() {
    TestTable table = newTable();
    long base = table.replace(List.of(row(1L, "2001-03-01T01:00:00", "a", 1.0)));
    Allowed allowed =
        new Allowed(
            List.of("*"),
            Optional.of("old_amuont > 1"),
            Optional.empty(),
            Bounds.ANY,
            Bounds.ANY,
            List.of());

    TidemarkException e =
        catchThrowableOfType(
            TidemarkException.class,
            () -> cluster.run(with(spec(Optional.of(base), base, days(0, 1)), allowed), p -> {}));

    assertThat(e.category()).isEqualTo(TidemarkException.Category.USER);
    assertThat(e.problems().get(0).why()).contains("old_amuont");
  }

  @Test
  void aFinishedJobIsNotRunAgain() {
    TestTable table = newTable();
    long base = table.replace(List.of(row(1L, "2001-03-01T01:00:00", "a", 1.0)));
    JobSpec.Verify spec = spec(Optional.of(base), base, days(0, 1));
    JobResult.Verified first = verify(table, spec);
    table
        .table()
        .newScan()
        .planFiles()
        .forEach(t -> table.table().io().deleteFile(t.file().location()));

    assertThat(verify(table, spec)).isEqualTo(first);
    assertThat(diff(first).counts()).isEqualTo(new Counts(0, 0, 0, 1, 0));
    assertThat(Set.copyOf(diff(first).slices())).isEmpty();
  }
}
