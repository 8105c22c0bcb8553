package io.tidemark.job.verify;

import static io.tidemark.job.verify.VerifyBed.DAY;
import static io.tidemark.job.verify.VerifyBed.check;
import static io.tidemark.job.verify.VerifyBed.days;
import static io.tidemark.job.verify.VerifyBed.diff;
import static io.tidemark.job.verify.VerifyBed.row;
import static io.tidemark.job.verify.VerifyBed.with;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tidemark.model.DatasetDiff;
import io.tidemark.model.DatasetDiff.Counts;
import io.tidemark.model.DatasetDiff.Sample;
import io.tidemark.model.DatasetDiff.SliceDiff;
import io.tidemark.model.DatasetDiff.Verdict;
import io.tidemark.model.ExpectedChange.Allowed;
import io.tidemark.model.ExpectedChange.Bounds;
import io.tidemark.model.ExpectedChange.Total;
import io.tidemark.model.JobResult;
import io.tidemark.model.JobSpec;
import io.tidemark.model.SliceSet;
import io.tidemark.model.TidemarkException;
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
import org.apache.iceberg.data.GenericRecord;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The diff of two snapshots by key. */
final class DiffIT {
  private static VerifyBed bed;

  @BeforeAll
  static void open(@TempDir Path folder) {
    bed = new VerifyBed(folder);
  }

  @AfterAll
  static void close() {
    bed.close();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void randomTablesDiffAsTheOracleSays(long seed) {
    Random random = new Random(seed);
    TestTable table = bed.newTable();
    List<Record> before = randomRows(random, seed == 1 ? 3000 : 300, seed == 3);
    List<Record> after = mutate(random, before);
    long base = table.replace(before);
    long candidate = table.replace(after);
    SliceSet slices = days(1, 4).union(days(6, 8));

    JobResult.Verified result = bed.verify(table, bed.spec(Optional.of(base), candidate, slices));

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
    TestTable table = bed.newTable();
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

    DatasetDiff diff = diff(bed.verify(table, bed.spec(Optional.of(base), candidate, days(0, 2))));

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
    TestTable table = bed.newTable();
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
    JobSpec.Verify spec = with(bed.spec(Optional.of(base), candidate, days(0, 1)), allowed);

    DatasetDiff diff = diff(bed.verify(table, spec));

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
    TestTable table = bed.newTable();
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

    JobResult.Verified result =
        bed.verify(table, bed.spec(Optional.empty(), candidate, days(0, 2)));

    assertThat(diff(result).counts()).isEqualTo(new Counts(2, 0, 0, 0, 0));
    assertThat(diff(result).slices()).hasSize(2);
    assertThat(diff(result).isExplained()).isTrue();
  }

  @Test
  void aColumnThatTheBaseLacksReadsAsMissing() {
    TestTable table = bed.newTable();
    table.table().updateSchema().deleteColumn("price").commit();
    long base = table.replace(List.of(unpriced(table, 1L), unpriced(table, 2L)));
    table.table().updateSchema().addColumn("price", Types.DecimalType.of(10, 2)).commit();
    Record priced = unpriced(table, 2L);
    priced.setField("price", new BigDecimal("9.99"));
    long candidate = table.replace(List.of(unpriced(table, 1L), priced));

    DatasetDiff diff = diff(bed.verify(table, bed.spec(Optional.of(base), candidate, days(0, 1))));

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
  void aPredicateThatIsNoneIsTheUsersMistake() {
    TestTable table = bed.newTable();
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
            () -> bed.run(with(bed.spec(Optional.of(base), base, days(0, 1)), allowed)));

    assertThat(e.category()).isEqualTo(TidemarkException.Category.USER);
    assertThat(e.problems().get(0).why()).contains("old_amuont");
  }

  @Test
  void aFinishedJobIsNotRunAgain() {
    TestTable table = bed.newTable();
    long base = table.replace(List.of(row(1L, "2001-03-01T01:00:00", "a", 1.0)));
    JobSpec.Verify spec = bed.spec(Optional.of(base), base, days(0, 1));
    JobResult.Verified first = bed.verify(table, spec);
    table
        .table()
        .newScan()
        .planFiles()
        .forEach(t -> table.table().io().deleteFile(t.file().location()));

    assertThat(bed.verify(table, spec)).isEqualTo(first);
    assertThat(diff(first).counts()).isEqualTo(new Counts(0, 0, 0, 1, 0));
    assertThat(Set.copyOf(diff(first).slices())).isEmpty();
  }
}
