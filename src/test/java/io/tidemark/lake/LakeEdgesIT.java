package io.tidemark.lake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.tidemark.lake.Lake.Conflict;
import io.tidemark.lake.Lake.Done;
import io.tidemark.lake.refs.Refs;
import io.tidemark.model.Column;
import io.tidemark.model.Dataset;
import io.tidemark.model.Facts.Refusal;
import io.tidemark.model.Facts.SliceFiles;
import io.tidemark.model.Facts.TableFacts;
import io.tidemark.model.Grain;
import io.tidemark.model.JobSpec.CatalogSpec;
import io.tidemark.model.Layout;
import io.tidemark.model.Schema;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TidemarkException.Category;
import io.tidemark.testing.LakeFixture;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.FileMetadata;
import org.apache.iceberg.Table;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tables that are not as one would wish: each works, or is refused with the reason. */
final class LakeEdgesIT {
  private static final Layout UNPARTITIONED = new Layout(Optional.of("at"), Grain.ALL, Grain.MONTH);

  @TempDir Path dir;
  private CatalogSpec spec;
  private final List<AutoCloseable> open = new ArrayList<>();

  @BeforeEach
  void name() {
    spec = LakeFixture.sqlite(dir);
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable closeable : open) {
      closeable.close();
    }
  }

  private Scene scene(Dataset dataset) {
    Scene scene = new Scene(spec, dataset);
    open.add(scene);
    return scene;
  }

  private static TableFacts facts(Scene scene) {
    return scene.lake().facts(scene.dataset(), Set.of()).orElseThrow();
  }

  private static void assertProblem(Category category, String code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> {
              assertThat(e.category()).isEqualTo(category);
              assertThat(e.problems()).extracting(p -> p.code()).contains(code);
              assertThat(e.problems()).allSatisfy(p -> assertThat(p.fix()).isNotBlank());
            });
  }

  @Test
  void unpartitionedTableWorksWhereEachFileLiesInsideOneSlice() {
    Scene s = scene(Scene.dataset("db.t", UNPARTITIONED));
    s.append(s.row(1, "2001-01-05", "old"));
    s.append(s.row(2, "2001-02-05", "old"), s.row(3, "2001-02-06", "old"));

    assertThat(facts(s).refusals()).isEmpty();
    assertThat(facts(s).inventory())
        .extracting(SliceFiles::ordinal, SliceFiles::files, SliceFiles::rows)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(372L, 1, 1L),
            org.assertj.core.groups.Tuple.tuple(373L, 1, 2L));
    Done done = s.run("r1", "2001-02", s.row(2, "2001-02-05", "new"));
    assertThat(s.rows()).hasSize(2);
    s.revert("r2", done.snapshot(), "2001-02");
    s.expire();
    assertThat(s.rows()).hasSize(3);
  }

  @Test
  void straddlingFilesAreRefusedWhenPlanningAndNeverExchanged() {
    Scene s = scene(Scene.dataset("db.t", UNPARTITIONED));
    s.append(s.row(1, "2001-01-05", "old"));
    s.append(s.row(2, "2001-02-05", "old"), s.row(3, "2001-03-06", "old"));
    long base = s.head();

    assertThat(facts(s).refusals())
        .extracting(Refusal::slices, r -> r.problem().code())
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(s.slices("2001-02..2001-03"), "TM-LAKE-051"));
    long candidate = s.candidate("r1", base, "2001-02", s.row(2, "2001-02-05", "new"));
    Conflict conflict = (Conflict) s.publish("r1", base, candidate, "2001-02");
    assertThat(conflict.slices()).isEqualTo(s.slices("2001-02"));
  }

  @Test
  void rowsWithoutEventTimeBesideRowsWithOneAreRefused() {
    Scene s = scene(Scene.dataset("db.t", UNPARTITIONED));
    s.append(s.row(1, "2001-01-05", "old"), Arrays.asList(2L, null, "timeless"));
    Scene partitioned = scene(Scene.monthly("db.p"));
    partitioned.append(s.row(1, "2001-01-05", "old"), Arrays.asList(2L, null, "timeless"));

    assertThat(facts(s).refusals())
        .extracting(r -> r.problem().code())
        .containsExactly("TM-LAKE-052");
    assertThat(facts(partitioned).refusals()).isEmpty();
    partitioned.run("r1", "2001-01", s.row(1, "2001-01-05", "new"));
    assertThat(partitioned.rows()).hasSize(2).anyMatch(r -> r.contains("timeless"));
  }

  @Test
  void partitionSpecsOfThePastWorkWhereTheyAlignAndAreRefusedWhereTheyDoNot() {
    Scene s = scene(Scene.dataset("db.t", new Layout(Optional.of("at"), Grain.MONTH, Grain.MONTH)));
    s.fixture().table(s.table()).updateSpec().removeField("at_month").commit();
    s.append(s.row(1, "2001-01-05", "x"), s.row(2, "2001-02-05", "x"));
    s.fixture()
        .table(s.table())
        .updateSpec()
        .addField(org.apache.iceberg.expressions.Expressions.day("at"))
        .commit();
    s.append(s.row(3, "2001-03-05", "x"), s.row(4, "2001-03-06", "x"));

    assertThat(facts(s).inventory()).hasSize(3);
    assertThat(facts(s).refusals())
        .extracting(Refusal::slices)
        .containsExactly(s.slices("2001-01..2001-02"));
    Done done = s.run("r1", "2001-03", s.row(5, "2001-03-09", "new"));
    assertThat(s.rows()).hasSize(3);
    s.revert("r2", done.snapshot(), "2001-03");
    assertThat(s.rows()).hasSize(4);
    s.lake().ensure(s.dataset());
  }

  @Test
  void deleteFilesAreRefusedWhenPlanningAndNeverPublishedOver() {
    Scene s = scene(Scene.monthly("db.t"));
    s.append(s.row(1, "2001-01-05", "old"), s.row(2, "2001-02-05", "old"));
    long base = s.head();
    long candidate = s.candidate("r1", base, "2001-01..2001-02", s.row(1, "2001-01-05", "new"));
    Done done = s.run("r0", "2001-01", s.row(1, "2001-01-05", "mid"));
    Table table = s.fixture().table(s.table());
    DataFile file =
        LakeFixture.files(table, s.head()).stream()
            .filter(f -> f.partition().get(0, Integer.class) == 372)
            .findFirst()
            .orElseThrow();
    table
        .newRowDelta()
        .addDeletes(
            FileMetadata.deleteFileBuilder(table.spec())
                .ofPositionDeletes()
                .withPartition(file.partition())
                .withPath(table.location() + "/data/deletes.parquet")
                .withFormat(FileFormat.PARQUET)
                .withFileSizeInBytes(1)
                .withRecordCount(1)
                .build())
        .commit();

    assertThat(facts(s).refusals())
        .extracting(Refusal::slices, r -> r.problem().code())
        .containsExactly(org.assertj.core.groups.Tuple.tuple(s.slices("2001-01"), "TM-LAKE-053"));
    assertThat(((Conflict) s.publish("r1", base, candidate, "2001-01..2001-02")).slices())
        .isEqualTo(s.slices("2001-01"));
    assertThat(s.revert("r2", done.snapshot(), "2001-01")).isInstanceOf(Conflict.class);
  }

  @Test
  void compactionThatMixesPublishedRowsWithLaterOnesStopsTheirRevertAndNoOther() {
    Scene s = scene(Scene.monthly("db.t"));
    s.append(s.row(1, "2001-01-05", "old"), s.row(2, "2001-02-05", "old"));
    Done done =
        s.run(
            "r1", "2001-01..2001-02", s.row(1, "2001-01-05", "new"), s.row(2, "2001-02-05", "new"));
    s.append(s.row(3, "2001-01-06", "later"));
    s.compact();
    List<String> before = s.rows();

    Conflict conflict = (Conflict) s.revert("r2", done.snapshot(), "2001-01..2001-02");

    assertThat(conflict.slices()).isEqualTo(s.slices("2001-01"));
    assertThat(s.rows()).isEqualTo(before);
    assertThat(s.revert("r3", done.snapshot(), "2001-02")).isInstanceOf(Done.class);
    assertThat(s.rows()).anyMatch(r -> r.contains("2, 2001-02-05T12:00, old"));
  }

  @Test
  void laterPublishOfASliceStopsItsRevertUntilItIsRevertedItself() {
    Scene s = scene(Scene.monthly("db.t"));
    s.append(s.row(1, "2001-01-05", "old"));
    Done first = s.run("r1", "2001-01", s.row(1, "2001-01-05", "a"));
    Done second = s.run("r2", "2001-01", s.row(1, "2001-01-05", "b"));

    assertThat(s.revert("r3", first.snapshot(), "2001-01")).isInstanceOf(Conflict.class);
    assertThat(s.revert("r4", second.snapshot(), "2001-01")).isInstanceOf(Done.class);
    s.compact();
    assertThat(s.revert("r5", first.snapshot(), "2001-01")).isInstanceOf(Done.class);
    assertThat(s.rows()).isEqualTo(s.text(s.row(1, "2001-01-05", "old")));
    assertThat(s.revert("r6", first.snapshot(), "2001-01")).isInstanceOf(Conflict.class);
  }

  @Test
  void publishOfNothingStillStamps() {
    Scene s = scene(Scene.monthly("db.t"));
    s.append(s.row(1, "2001-01-05", "old"));
    long base = s.head();
    s.lake().branch(s.table(), "tidemark-run-r1", base);

    Done done =
        (Done)
            s.lake()
                .publish(
                    s.dataset(),
                    base,
                    base,
                    s.slices(""),
                    s.stamp(
                        "r1",
                        "publish",
                        io.tidemark.model.Stamp.Kind.PUBLISH,
                        s.slices("2001-01")));

    assertThat(s.head()).isEqualTo(done.snapshot());
    assertThat(s.ledger()).hasSize(1);
    assertThat(s.rows()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"o'brien", "a\"b", "with space", "ünï-çødé", "per%cent", "semi;colon", "select"})
  void anyNameWorksForTablesAndColumns(String name) {
    String column = name + ".at";
    Dataset dataset =
        new Dataset(
            Scene.monthly("db.t").id(),
            Dataset.Kind.DERIVED,
            new TableRef("my db." + name, name),
            new Schema(
                List.of(
                    Column.required("id.x", "BIGINT"),
                    Column.nullable(column, "TIMESTAMP_LTZ(6)"),
                    Column.nullable("v", "STRING"))),
            List.of(),
            new Layout(Optional.of(column), Grain.DAY, Grain.MONTH),
            Scene.monthly("db.t").governance());
    Scene s = scene(dataset);
    s.append(s.row(1, "2001-01-05", "old"), s.row(2, "2001-02-05", "old"));

    Done done = s.run("r1", "2001-01", s.row(1, "2001-01-06", "new"));

    assertThat(s.lake().schema(s.table())).contains(dataset.schema());
    assertThat(s.rows()).hasSize(2).anyMatch(r -> r.contains("new"));
    s.revert("r2", done.snapshot(), "2001-01");
    assertThat(s.rows()).noneMatch(r -> r.contains("new"));
    assertThat(facts(s).inventory()).hasSize(2);
  }

  @Test
  void datesFarFromNowWork() {
    Scene s = scene(Scene.monthly("db.t"));
    s.append(s.row(1, "1883-11-18", "old"), s.row(2, "2599-12-31", "old"));

    s.run("r1", "1883-11,2599-12", s.row(1, "1883-11-18", "new"), s.row(2, "2599-12-31", "new"));

    assertThat(s.rows()).allMatch(r -> r.contains("new"));
    assertThat(facts(s).inventory()).hasSize(2);
  }

  @Test
  void ensureAddsColumnsThatMayBeNullAndRefusesEveryOtherDifferenceAtOnce() {
    Scene s = scene(Scene.monthly("db.t"));
    s.append(s.row(1, "2001-01-05", "old"));
    List<Column> columns = new ArrayList<>(s.dataset().schema().columns());
    columns.add(Column.nullable("more.or less", "DECIMAL(10, 2)"));
    s.lake().ensure(with(s.dataset(), columns));
    assertThat(s.lake().schema(s.table()).orElseThrow().columns()).isEqualTo(columns);

    List<Column> other =
        List.of(
            Column.nullable("id", "BIGINT"),
            Column.nullable("at", "TIMESTAMP(6)"),
            Column.nullable("v", "INT"),
            Column.required("w", "INT"));
    assertThatThrownBy(() -> s.lake().ensure(with(s.dataset(), other)))
        .isInstanceOfSatisfying(TidemarkException.class, e -> assertThat(e.problems()).hasSize(4));
    assertProblem(
        Category.USER,
        "TM-LAKE-010",
        () -> s.lake().ensure(with(s.dataset(), List.of(Column.nullable("id", "NO SUCH TYPE")))));
    assertThat(s.rows()).hasSize(1);
  }

  private static Dataset with(Dataset d, List<Column> columns) {
    return new Dataset(
        d.id(), d.kind(), d.table(), new Schema(columns), d.key(), d.layout(), d.governance());
  }

  @Test
  void aTableOfSomebodyElseIsGuardedWithoutTouchingItsRowsOrKeepingItsFiles() {
    Scene s = scene(Scene.monthly("db.t"));
    s.append(s.row(1, "2001-01-05", "old"));
    s.lake().dropBranch(s.table(), Refs.GUARD);
    s.lake().ensure(s.dataset());

    assertThat(s.rows()).hasSize(1);
    assertThat(s.fixture().rows(s.table(), s.fixture().head(s.table(), Refs.GUARD))).isEmpty();
    Done done = s.run("r1", "2001-01", s.row(1, "2001-01-05", "new"));
    s.revert("r2", done.snapshot(), "2001-01");
    s.append(s.row(2, "2001-03-05", "later"));
    s.expire();
    assertThat(s.rows()).hasSize(2);
  }

  @Test
  void tableDroppedUnderACallIsAProblemOfTheOutside() {
    Scene s = scene(Scene.monthly("db.t"));
    s.append(s.row(1, "2001-01-05", "old"));
    long base = s.head();
    long candidate = s.candidate("r1", base, "2001-01", s.row(1, "2001-01-05", "new"));
    s.fixture().catalog().dropTable(LakeFixture.identifier(s.table()), false);

    assertProblem(
        Category.EXTERNAL, "TM-LAKE-001", () -> s.publish("r1", base, candidate, "2001-01"));
    assertProblem(
        Category.EXTERNAL,
        "TM-LAKE-001",
        () -> s.lake().lease(s.table(), base, "p", Instant.now()));
    assertThat(s.lake().facts(s.dataset(), Set.of())).isEmpty();
    assertThat(s.lake().schema(s.table())).isEmpty();
    assertThat(s.lake().head(s.table(), "main")).isEmpty();
  }

  @Test
  void expiredBaseOrCandidateIsAConflictOfAllSlices() {
    Scene s = scene(Scene.monthly("db.t"));
    s.append(s.row(1, "2001-01-05", "old"));
    long base = s.head();
    long candidate = s.candidate("r1", base, "2001-01", s.row(1, "2001-01-05", "new"));
    s.append(s.row(2, "2001-01-05", "more"));
    s.append(s.row(3, "2001-01-05", "more"));
    s.lake().dropBranch(s.table(), "tidemark-run-r1");
    s.lake().lease(s.table(), candidate, "p", Instant.now().plusSeconds(60));
    s.expire();

    assertThat(((Conflict) s.publish("r1", base, candidate, "2001-01")).reason())
        .contains("expired");
    s.lake().release(s.table(), "p");
    s.expire();
    assertThat(((Conflict) s.publish("r1", base, candidate, "2001-01")).reason())
        .contains("candidate");
    assertThat(s.lake().changesSince(s.dataset(), io.tidemark.model.Pin.main(base)).unknown())
        .contains("expired");
  }

  @Test
  void readOnlyWarehouseIsAProblemOfTheOutsideAndLeavesMainAlone() throws Exception {
    Scene s = scene(Scene.monthly("db.t"));
    s.append(s.row(1, "2001-01-05", "old"));
    long base = s.head();
    long candidate = s.candidate("r1", base, "2001-01", s.row(1, "2001-01-05", "new"));
    Path metadata = Path.of(s.fixture().table(s.table()).location(), "metadata");
    Files.setPosixFilePermissions(metadata, PosixFilePermissions.fromString("r-xr-xr-x"));
    try {
      assumeThat(Files.isWritable(metadata)).as("root may write anywhere").isFalse();
      assertProblem(
          Category.EXTERNAL, "TM-LAKE-003", () -> s.publish("r1", base, candidate, "2001-01"));
    } finally {
      Files.setPosixFilePermissions(metadata, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    assertThat(s.head()).isEqualTo(base);
    assertThat(s.publish("r1", base, candidate, "2001-01")).isInstanceOf(Done.class);
  }

  @Test
  void metadataFolderThatIsAFileIsAProblemOfTheOutside() throws Exception {
    Scene s = scene(Scene.monthly("db.t"));
    s.append(s.row(1, "2001-01-05", "old"));
    Path metadata = Path.of(s.fixture().table(s.table()).location(), "metadata");
    Path aside = metadata.resolveSibling("aside");
    Files.move(metadata, aside);
    Files.writeString(metadata, "not a folder");
    try {
      assertProblem(Category.EXTERNAL, "TM-LAKE-002", () -> s.lake().facts(s.dataset(), Set.of()));
    } finally {
      Files.delete(metadata);
      Files.move(aside, metadata);
    }
    assertThat(s.rows()).hasSize(1);
  }

  @Test
  void catalogThatCannotBeOpenedSaysWhoseFaultItIs() {
    java.util.TreeMap<String, String> none = new java.util.TreeMap<>(spec.properties());
    none.remove("uri");
    assertThatThrownBy(() -> Lakes.open(new CatalogSpec("lake", none)))
        .isInstanceOfSatisfying(
            TidemarkException.class, e -> assertThat(e.category()).isEqualTo(Category.USER));
    java.util.TreeMap<String, String> nowhere = new java.util.TreeMap<>(spec.properties());
    nowhere.put("uri", "jdbc:sqlite:" + dir.resolve("no/such/folder/catalog.db"));
    assertThatThrownBy(() -> Lakes.open(new CatalogSpec("lake", nowhere)))
        .isInstanceOfSatisfying(
            TidemarkException.class, e -> assertThat(e.category()).isEqualTo(Category.EXTERNAL));
  }

  @Test
  void documentsAreReadBackAndMissingOnesAreEmpty() {
    Scene s = scene(Scene.monthly("db.t"));
    String path = s.lake().documentPath(s.table(), "r1/build ünï.json");
    assertThat(s.lake().readText(s.table(), path)).isEmpty();
    assertThat(s.lake().documentPath(s.table(), "r1-build ünï.json")).isNotEqualTo(path);
    try (var out = s.fixture().table(s.table()).io().newOutputFile(path).create()) {
      out.write("{\"a\":\"ü\"}".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    assertThat(s.lake().readText(s.table(), path)).contains("{\"a\":\"ü\"}");
  }
}
