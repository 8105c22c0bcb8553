package io.tidemark.job.build;

import static io.tidemark.testing.JobBed.row;
import static io.tidemark.testing.JobBed.sliced;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.job.JobMain;
import io.tidemark.model.Analysis.Locality;
import io.tidemark.model.CheckOutcome;
import io.tidemark.model.Dataset;
import io.tidemark.model.Grain;
import io.tidemark.model.JobSpec;
import io.tidemark.model.JobSpec.CatalogSpec;
import io.tidemark.model.Layout;
import io.tidemark.model.SliceSet;
import io.tidemark.model.TimeRange;
import io.tidemark.model.TimeRanges;
import io.tidemark.model.Transform;
import io.tidemark.testing.JobBed;
import io.tidemark.testing.LakeFixture;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rows in are rows out, or the build says so itself. */
class ConservationIT {
  private static final Instant START = Instant.parse("2001-01-01T00:00:00Z");
  private static final SliceSet JANUARY = SliceSet.parse(Grain.DAY, "2001-01-01..2001-01-31");

  private static JobBed bed;
  private static Dataset events;
  private static Dataset loose;
  private static Dataset names;
  private static int builds;

  @BeforeAll
  static void open(@TempDir Path dir) {
    TreeMap<String, String> properties = new TreeMap<>(LakeFixture.sqlite(dir).properties());
    properties.put("io-impl", RedirectedFiles.class.getName());
    bed = JobBed.open(new CatalogSpec("lake", properties), JobBed.cluster(2));
    events = bed.dataset("events", sliced("at", Grain.DAY, Grain.DAY), columns());
    loose = bed.dataset("loose", sliced("at", Grain.ALL, Grain.ALL), columns());
    names = bed.dataset("names", Layout.unsliced(), "kind BIGINT", "name STRING");
    // Two commits a dataset, each of 60 days: some lie outside the month that is read.
    for (int half = 0; half < 2; half++) {
      List<List<Object>> rows = new ArrayList<>();
      for (long i = half; i < 240; i += 2) {
        rows.add(row(i, START.plusSeconds(i * 21_600), i % 3));
      }
      bed.append(events, rows);
      bed.append(loose, rows);
    }
    bed.append(names, List.of(row(0L, "zero"), row(1L, "one")));
  }

  private static String[] columns() {
    return new String[] {"id BIGINT", "at TIMESTAMP(6)", "kind BIGINT"};
  }

  @AfterAll
  static void close() {
    bed.close();
  }

  @AfterEach
  void giveFilesBack() {
    RedirectedFiles.clear();
  }

  private static JobSpec.Build job(Transform.Logic logic, Locality locality, Dataset... inputs) {
    int build = builds++;
    Dataset out =
        bed.dataset(
            "out" + build, sliced("at", Grain.DAY, Grain.DAY), "id BIGINT", "at TIMESTAMP(6)");
    JobSpec.Input[] read = new JobSpec.Input[inputs.length];
    for (int i = 0; i < inputs.length; i++) {
      boolean timed = inputs[i].layout().eventTime().isPresent();
      read[i] = bed.input(inputs[i], timed ? january() : TimeRanges.ALL);
    }
    JobSpec.Build job = bed.build("c/" + build, logic, out, JANUARY, read);
    Transform t = job.transform();
    return new JobSpec.Build(
        job.key(),
        job.catalog(),
        new Transform(
            t.output(),
            t.logic(),
            t.inputs(),
            t.window(),
            t.label(),
            JobBed.analysis(locality),
            t.where()),
        job.inputs(),
        job.output(),
        job.checks(),
        job.stamp(),
        job.resultPath());
  }

  private static TimeRanges january() {
    return TimeRanges.of(new TimeRange(START, Instant.parse("2001-02-01T00:00:00Z")));
  }

  private static CheckOutcome conservation(JobSpec.Build job) {
    return bed.result(job).checks().stream()
        .filter(c -> c.expectation().equals(CheckOutcome.CONSERVATION))
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ONE_TO_ONE | events | 124 | SELECT id, `at` FROM events",
        "ONE_TO_ONE | loose  | 124 | SELECT id, `at` FROM loose",
        "PRESERVED  | events | 62  | SELECT id, `at` FROM events WHERE MOD(id, 2) = 0",
        "PRESERVED  | events | 42  | SELECT id, `at` FROM events WHERE kind = 0",
        "PRESERVED  | loose  | 42  | SELECT id, `at` FROM loose WHERE kind = 0",
        "PRESERVED  | events | 24  | SELECT id, `at` FROM events WHERE id > 99",
        "PRESERVED  | events | 28  | SELECT id, `at` FROM events WHERE `at` < TIMESTAMP"
            + " '2001-01-08 00:00:00'",
        "PRESERVED  | events | 27  | SELECT id, `at` FROM events WHERE `at` < TIMESTAMP"
            + " '2001-01-07 13:00:00'",
        "SHUFFLED   | events | 124 | SELECT a.id, a.`at` FROM events a JOIN events b ON a.id ="
            + " b.id",
        "SHUFFLED   | events | 31  | SELECT MIN(id) AS id, FLOOR(`at` TO DAY) AS `at` FROM events"
            + " GROUP BY FLOOR(`at` TO DAY)",
        "SHUFFLED   | events | 0   | SELECT id, `at` FROM events WHERE FALSE",
        "SHUFFLED   | events | 0   | SELECT id, `at` FROM events WHERE id < 0",
      })
  void whatIsReadMadeAndWrittenAddsUp(Locality locality, String from, long rows, String sql) {
    Dataset input = from.equals("events") ? events : loose;
    JobSpec.Build job = job(new Transform.Sql(sql), locality, input);

    bed.run(job);

    assertThat(conservation(job))
        .extracting(CheckOutcome::violations, CheckOutcome::detail)
        .containsExactly(0L, "rows read, made and written add up");
    assertThat(bed.rows(dataset(job))).hasSize((int) rows);
  }

  @Test
  void aJoinWithAReferenceAddsUp() {
    JobSpec.Build job =
        job(
            new Transform.Sql("SELECT id, `at` FROM events JOIN names ON names.kind = events.kind"),
            Locality.PRESERVED,
            events,
            names);
    bed.run(job);
    assertThat(conservation(job).passed()).isTrue();
    assertThat(bed.result(job).rowsIn()).containsExactly(124L, 2L);
  }

  @Test
  void aFileThatTheScanLosesIsFound() throws Exception {
    JobSpec.Build job =
        job(new Transform.Sql("SELECT id, `at` FROM events"), Locality.SHUFFLED, events);
    runOn(job, manifests(1), manifests(0));

    assertThat(conservation(job))
        .extracting(CheckOutcome::violations, CheckOutcome::detail)
        .containsExactly(62L, "62 rows read of 'events', which holds 124");
    assertThat(conservation(job).slices()).hasSize(31);
  }

  @Test
  void aFileThatTheScanReadsThoughThePinDoesNotHoldItIsFound() throws Exception {
    JobSpec.Build whole =
        job(new Transform.Sql("SELECT id, `at` FROM loose"), Locality.SHUFFLED, loose);
    JobSpec.Build job = pinnedAt(whole, snapshot(loose, 0));
    runOn(job, list(loose, 0), list(loose, 1));

    assertThat(conservation(job).violations()).isPositive();
    assertThat(conservation(job).detail()).contains("rows read of 'loose', which holds");
  }

  @Test
  void whereEachRowMakesOneASecondOneIsFound() {
    JobSpec.Build job =
        job(
            new Transform.Sql(
                "SELECT id, `at` FROM events CROSS JOIN (VALUES (1), (2)) AS twice (n)"),
            Locality.ONE_TO_ONE,
            events);
    bed.run(job);

    assertThat(conservation(job).detail())
        .isEqualTo("124 rows read, one row made of each, 248 arrived");
  }

  private static JobSpec.Build pinnedAt(JobSpec.Build b, long snapshot) {
    JobSpec.Input in = b.inputs().get(0);
    return new JobSpec.Build(
        b.key(),
        b.catalog(),
        b.transform(),
        List.of(new JobSpec.Input(in.name(), in.table(), snapshot, in.layout(), in.ranges())),
        b.output(),
        b.checks(),
        b.stamp(),
        b.resultPath());
  }

  private static String manifests(int commit) {
    return list(events, commit);
  }

  private static long snapshot(Dataset dataset, int commit) {
    var table = bed.fixture().table(dataset.table());
    List<Long> appends = new ArrayList<>();
    table
        .snapshots()
        .forEach(
            s -> {
              if (s.operation().equals("append") && !s.summary().get("total-records").equals("0")) {
                appends.add(s.snapshotId());
              }
            });
    return appends.get(commit);
  }

  private static String list(Dataset dataset, int commit) {
    return bed.fixture()
        .table(dataset.table())
        .snapshot(snapshot(dataset, commit))
        .manifestListLocation();
  }

  /** Plans the job on the real files, and lets it run when one has been exchanged. */
  private static void runOn(JobSpec.Build job, String from, String to) throws Exception {
    StreamExecutionEnvironment env = StreamExecutionEnvironment.createLocalEnvironment(2);
    JobMain.compose(job, env);
    RedirectedFiles.redirect(from, to);
    env.execute(job.key());
  }

  private static Dataset dataset(JobSpec.Build job) {
    return new Dataset(
        job.output().name(),
        Dataset.Kind.DERIVED,
        job.output().table(),
        job.output().schema(),
        job.output().key(),
        job.output().layout(),
        events.governance());
  }
}
