package io.tidemark.job.build;

import static io.tidemark.testing.JobBed.row;
import static io.tidemark.testing.JobBed.sliced;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.job.JobMain;
import io.tidemark.model.Dataset;
import io.tidemark.model.Grain;
import io.tidemark.model.JobSpec;
import io.tidemark.model.JobSpec.CatalogSpec;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.Transform;
import io.tidemark.testing.FaultyCatalog;
import io.tidemark.testing.FaultyCatalog.Fault;
import io.tidemark.testing.JobBed;
import io.tidemark.testing.LakeFixture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A build killed or cut off anywhere ends in the same content, once. */
class BuildFaultsIT {
  private static final SliceSet SLICES = SliceSet.parse(Grain.MONTH, "2001-01..2001-02");

  private static JobBed bed;

  @BeforeAll
  static void open(@TempDir Path dir) {
    TreeMap<String, String> properties = new TreeMap<>(LakeFixture.sqlite(dir).properties());
    properties.remove("type");
    properties.put("catalog-impl", FaultyCatalog.class.getName());
    properties.put("io-impl", RedirectedFiles.class.getName());
    bed = JobBed.open(new CatalogSpec("lake", properties), JobBed.cluster(2));
  }

  @AfterAll
  static void close() {
    bed.close();
  }

  private static JobSpec.Build job(String name, Transform.Logic logic) {
    Dataset in =
        bed.dataset(
            "in_" + name, sliced("at", Grain.MONTH, Grain.MONTH), "id BIGINT", "at TIMESTAMP(6)");
    Dataset out =
        bed.dataset(
            "out_" + name, sliced("at", Grain.MONTH, Grain.MONTH), "id BIGINT", "at TIMESTAMP(6)");
    List<List<Object>> rows = new ArrayList<>();
    for (long i = 0; i < 100; i++) {
      rows.add(row(i, Instant.parse("2001-01-01T00:00:00Z").plusSeconds(i * 40_000)));
    }
    bed.append(in, rows);
    bed.append(out, List.of(row(-1L, Instant.parse("2001-01-01T00:00:00Z"))));
    return bed.build("r1/" + name, logic, out, SLICES, bed.input(in));
  }

  private static JobSpec.Build sql(String name) {
    return job(name, new Transform.Sql("SELECT id, `at` FROM in_" + name));
  }

  private static void requireWhole(JobSpec.Build job) throws IOException {
    long head = bed.fixture().head(job.output().table(), JobBed.BRANCH);
    assertThat(bed.fixture().rows(job.output().table(), head)).hasSize(100);
    assertThat(bed.lake().stamps(job.output().table(), JobBed.BRANCH))
        .extracting(c -> c.stamp().key())
        .containsOnlyOnce(job.key());
    Stamp stamp = bed.stamp(job);
    assertThat(stamp.content().slices())
        .extracting(Stamp.SliceDigest::rows)
        .containsExactly(67L, 33L);
    // One file of before on main, and those of the branch: nothing is left over.
    int live = LakeFixture.files(bed.fixture().table(job.output().table()), head).size();
    try (Stream<Path> files =
        Files.walk(
            Path.of(bed.fixture().table(job.output().table()).location().replace("file:", "")))) {
      assertThat(files.filter(f -> f.toString().endsWith(".parquet"))).hasSize(live + 1);
    }
  }

  private static void breakNext(JobSpec.Build job, Fault fault) {
    FaultyCatalog.next(LakeFixture.identifier(job.output().table()), fault);
  }

  static Stream<Arguments> recoverable() {
    return Stream.of(
        Arguments.of("answer_lost", Fault.ANSWER_LOST),
        Arguments.of("all_lost", Fault.ALL_LOST),
        Arguments.of("conflict", Fault.CONFLICT));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("recoverable")
  void aLostAnswerIsLookedInto(String name, Fault fault) throws IOException {
    JobSpec.Build job = sql(name);
    breakNext(job, fault);

    bed.run(job);

    assertThat(FaultyCatalog.isPending(LakeFixture.identifier(job.output().table()))).isFalse();
    requireWhole(job);
  }

  @Test
  void aJobThatDiesAfterItsCommitIsNotRepeated() throws IOException {
    JobSpec.Build job = sql("dies_after");
    breakNext(job, Fault.DIES_AFTER);
    assertThatThrownBy(() -> bed.run(job)).isInstanceOf(RuntimeException.class);
    long head = bed.fixture().head(job.output().table(), JobBed.BRANCH);
    requireWhole(job);

    bed.run(job);

    assertThat(bed.fixture().head(job.output().table(), JobBed.BRANCH)).isEqualTo(head);
    requireWhole(job);
    assertThat(bed.built(job).slices()).hasSize(2);
  }

  @Test
  void aJobThatDiesBeforeItsCommitIsDoneAgain() {
    JobSpec.Build job = sql("dies_before");
    breakNext(job, Fault.DIES_BEFORE);
    assertThatThrownBy(() -> bed.run(job)).isInstanceOf(RuntimeException.class);
    assertThat(bed.lake().find(job.output().table(), JobBed.BRANCH, job.key())).isEmpty();

    bed.run(job);

    assertThat(bed.rows(dataset(job))).hasSize(100);
    assertThat(bed.stamp(job).content().sliceSet()).isEqualTo(SLICES);
  }

  @Test
  void aCatalogOutOfReachIsToldAsSuch() {
    JobSpec.Build job = sql("unreachable");
    breakNext(job, Fault.UNREACHABLE);

    assertThatThrownBy(() -> bed.run(job))
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> {
              assertThat(e.category()).isEqualTo(TidemarkException.Category.EXTERNAL);
              assertThat(e.problems().get(0).code()).isEqualTo("TM-JOB-021");
            });

    bed.run(job);
    assertThat(bed.rows(dataset(job))).hasSize(100);
  }

  @Test
  void aDiskThatIsFullIsTheOutsidesFaultAndTheNextTryGetsThrough() throws IOException {
    JobSpec.Build job = sql("disk_full");
    RedirectedFiles.fillDisk();
    try {
      assertThatThrownBy(() -> bed.run(job))
          .isInstanceOfSatisfying(
              TidemarkException.class,
              e -> {
                assertThat(e.category()).isEqualTo(TidemarkException.Category.EXTERNAL);
                assertThat(e.problems().get(0).what()).contains("No space left on device");
              });
    } finally {
      RedirectedFiles.clear();
    }
    assertThat(bed.lake().find(job.output().table(), JobBed.BRANCH, job.key())).isEmpty();

    bed.run(job);
    requireWhole(job);
  }

  private static Dataset dataset(JobSpec.Build job) {
    return new Dataset(
        job.output().name(),
        Dataset.Kind.DERIVED,
        job.output().table(),
        job.output().schema(),
        job.output().key(),
        job.output().layout(),
        new io.tidemark.model.Governance(
            io.tidemark.model.Governance.Tier.STANDARD, "", "", List.of()));
  }

  @Test
  void aRestartedCommitterFindsWhatItCommitted() throws Exception {
    JobSpec.Build job = sql("committer_restarts");
    breakNext(job, Fault.DIES_AFTER);
    executeWithRestarts(job);
    requireWhole(job);
  }

  @Test
  void aRestartedWriterLeavesNothingTwice() throws Exception {
    FailsOnce.ATTEMPTS.set(0);
    JobSpec.Build job =
        job("writer_restarts", new Transform.JavaClass(FailsOnce.class.getName(), List.of()));
    executeWithRestarts(job);
    assertThat(FailsOnce.ATTEMPTS).hasValueGreaterThan(1);
    requireWhole(job);
  }

  private static void executeWithRestarts(JobSpec.Build job) throws Exception {
    Configuration configuration = new Configuration();
    configuration.setString("restart-strategy.type", "fixed-delay");
    configuration.setString("restart-strategy.fixed-delay.attempts", "3");
    configuration.setString("restart-strategy.fixed-delay.delay", "10 ms");
    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.createLocalEnvironment(2, configuration);
    JobMain.compose(job, env);
    env.execute(job.key());
  }

  /** Fails in the middle of its input, the first time. */
  public static final class FailsOnce implements io.tidemark.sdk.Transform {
    private static final long serialVersionUID = 1;
    static final AtomicInteger ATTEMPTS = new AtomicInteger();

    @Override
    public org.apache.flink.table.api.Table apply(io.tidemark.sdk.TransformContext context) {
      return context
          .tables()
          .fromDataStream(
              context.stream("in_writer_restarts")
                  .map(
                      row -> {
                        if (Long.valueOf(50).equals(row.getField("id"))
                            && ATTEMPTS.incrementAndGet() == 1) {
                          throw new IllegalStateException("the first time");
                        }
                        return row;
                      })
                  .returns(
                      org.apache.flink.api.common.typeinfo.Types.ROW_NAMED(
                          new String[] {"id", "at"},
                          org.apache.flink.api.common.typeinfo.Types.LONG,
                          org.apache.flink.api.common.typeinfo.Types.LOCAL_DATE_TIME)));
    }
  }
}
