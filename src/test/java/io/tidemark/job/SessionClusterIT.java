package io.tidemark.job;

import static io.tidemark.testing.JobBed.row;
import static io.tidemark.testing.JobBed.sliced;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.tidemark.cluster.Cluster;
import io.tidemark.cluster.Clusters;
import io.tidemark.model.Analysis;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetDiff.Counts;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Environment.FlinkEndpoint;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.Grain;
import io.tidemark.model.Graph;
import io.tidemark.model.JobResult;
import io.tidemark.model.JobSpec;
import io.tidemark.model.Location;
import io.tidemark.model.Problem;
import io.tidemark.model.RecordJson;
import io.tidemark.model.SliceSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.Transform;
import io.tidemark.model.naming.JobNames;
import io.tidemark.testing.JobBed;
import io.tidemark.testing.LakeFixture;
import io.tidemark.testing.SessionCluster;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SessionClusterIT {
  @TempDir private static Path folder;
  private static final int SLOTS = 4;
  private static final String SHOWN =
      """
      build shown_out 2001-01..2001-03 (3 slices) [r7/build-shown]
        Source: shown_out: read lake.ns.shown_in -> shown_out: shown_in[1] -> shown_out: HashAggregate[2]
        shown_out: HashAggregate[3] -> shown_out: Calc[4] -> shown_out: TableToDataStream -> shown_out: write slices
        shown_out: commit -> shown_out: end: Writer
      verify shown_out 2001-01..2001-03 (3 slices) [r7/verify-shown]
        Source: shown_out: read candidate -> shown_out: read candidate: slice and key
        Source: shown_out: read main -> shown_out: read main: slice and key
        shown_out: compare by key
        shown_out: collect -> shown_out: end: Writer
      """;

  private static SessionCluster flink;
  private static Path jar;
  private static Cluster cluster;
  private static JobBed bed;

  @BeforeAll
  static void open() throws IOException {
    flink = SessionCluster.start(folder.resolve("flink"), SLOTS);
    jar = SessionCluster.jobJar(folder);
    cluster = open(flink.rest());
    bed = JobBed.open(LakeFixture.sqlite(folder), cluster);
  }

  @AfterAll
  static void close() {
    if (bed != null) {
      bed.close();
      flink.close();
    }
  }

  private static Cluster open(String rest) {
    return Clusters.open(
        new FlinkEndpoint(Optional.of(rest), 2, Optional.of(jar)),
        (job, env) -> {
          throw new AssertionError("a session cluster composes in the job jar");
        });
  }

  private static Dataset input(String name, int rows) {
    Dataset input =
        bed.dataset(
            name,
            sliced("at", Grain.MONTH, Grain.MONTH),
            "id BIGINT NOT NULL",
            "at TIMESTAMP(6)",
            "amount INT");
    List<List<Object>> list = new ArrayList<>();
    for (int i = 0; i < rows; i++) {
      list.add(row((long) i, Instant.parse("2001-01-01T00:00:00Z").plusSeconds(i), i));
    }
    bed.append(input, list);
    return input;
  }

  private static Dataset output(String name) {
    return bed.dataset(
        name,
        sliced("at", Grain.MONTH, Grain.MONTH),
        "id BIGINT NOT NULL",
        "at TIMESTAMP(6)",
        "twice INT");
  }

  private static SliceSet january() {
    return SliceSet.parse(Grain.MONTH, "2001-01");
  }

  /** Compares the branch, as it is now, with what main held. */
  private static JobSpec.Verify verifying(String key, JobSpec.Build build, Dataset out, long base) {
    return new JobSpec.Verify(
        key,
        build.catalog(),
        build.output(),
        Optional.of(base),
        bed.lake().head(out.table(), JobBed.BRANCH).orElseThrow(),
        Optional.empty(),
        List.of(),
        List.of(),
        2,
        bed.lake().documentPath(out.table(), "verify.json"));
  }

  @Test
  void buildsAndVerifiesOverRestAndUploadsTheJarOnce() throws IOException {
    Dataset in = input("plain_in", 10);
    Dataset out = output("plain_out");
    bed.append(out, List.of(row(3L, Instant.parse("2001-01-01T00:00:03Z"), 7)));
    long base = bed.fixture().head(out.table());
    JobSpec.Build build =
        bed.sql(
            "r1/build-plain",
            "SELECT id, `at`, amount * 2 AS twice FROM plain_in",
            out,
            january(),
            bed.input(in));

    JobResult.Built built = bed.built(build);

    assertThat(built.rowsIn()).containsExactly(10L);
    assertThat(bed.rows(out)).hasSize(10).contains("[3, 2001-01-01T00:00:03, 6]");
    JobSpec.Verify verify = verifying("r1/verify-plain", build, out, base);
    bed.run(verify);
    JobResult.Verified verified =
        RecordJson.read(
            bed.lake().readText(out.table(), verify.resultPath()).orElseThrow(),
            JobResult.Verified.class);
    assertThat(verified.diff().orElseThrow().counts()).isEqualTo(new Counts(9, 0, 1, 0, 10));
    assertThat((List<?>) flink.get("/jars").get("files"))
        .extracting(f -> ((Map<?, ?>) f).get("name"))
        .isNotEmpty()
        .doesNotHaveDuplicates();
  }

  @Test
  void peopleReadInFlinksFrontEndWhatJobsAndOperatorsDo() throws IOException {
    Dataset in = input("shown_in", 10);
    Dataset out = output("shown_out");
    bed.append(out, List.of(row(3L, Instant.parse("2001-01-01T00:00:03Z"), 7)));
    long base = bed.fixture().head(out.table());
    JobSpec.Build build =
        bed.sql(
            "r7/build-shown",
            "SELECT MIN(id) AS id, `at`, SUM(amount) * 2 AS twice FROM shown_in GROUP BY `at`",
            out,
            SliceSet.parse(Grain.MONTH, "2001-01..2001-03"),
            bed.input(in));
    bed.run(build);
    JobSpec.Verify verify = verifying("r7/verify-shown", build, out, base);
    bed.run(verify);

    StringBuilder shown = new StringBuilder();
    for (JobSpec job : List.of(build, verify)) {
      Map<?, ?> found = overview(job.key());
      shown.append(found.get("name")).append('\n');
      for (Object vertex : (List<?>) flink.get("/jobs/" + found.get("jid")).get("vertices")) {
        shown.append("  ").append(((Map<?, ?>) vertex).get("name")).append('\n');
      }
    }
    assertThat(shown.toString()).isEqualTo(SHOWN);
  }

  @Test
  void aTaskManagerKilledDuringAJobLosesAndDoublesNothing() throws Exception {
    Dataset in = input("slow_in", 1000);
    Dataset out = output("slow_out");
    JobSpec.Build build =
        bed.build("r1/build-slow", slowDouble("classes"), out, january(), bed.input(in));
    List<Cluster.Progress> seen = new CopyOnWriteArrayList<>();
    CompletableFuture<Void> job = CompletableFuture.runAsync(() -> cluster.run(build, seen::add));
    await().atMost(Duration.ofMinutes(5)).until(() -> job.isDone() || runs("r1/build-slow"));
    assertThat(job).isNotDone();

    flink.killTaskManager();
    flink.startTaskManager();
    job.join();

    assertThat(failures("r1/build-slow")).as("the kill hit the job").isNotEmpty();
    assertThat(bed.rows(out)).hasSize(1000).contains("[999, 2001-01-01T00:16:39, 1998]");
    assertThat(bed.stamp(build).content().slices().get(0).rows()).isEqualTo(1000);
    Cluster.Progress last = seen.get(seen.size() - 1);
    assertThat(last.tasksDone()).isEqualTo(last.tasks());
  }

  @Test
  void aJobWhoseJobManagerIsKilledFailsClearlyAndIsDoneAgainByTheSameCommand() throws Exception {
    Dataset in = input("orphan_in", 1000);
    Dataset out = output("orphan_out");
    JobSpec.Build build =
        bed.build("r1/build-orphan", slowDouble("orphans"), out, january(), renamed(in));
    CompletableFuture<Void> job = CompletableFuture.runAsync(() -> cluster.run(build, p -> {}));
    await().atMost(Duration.ofMinutes(5)).until(() -> job.isDone() || runs(build.key()));
    assertThat(job).isNotDone();

    flink.killJobManager();
    flink.startJobManager();
    await().atMost(Duration.ofMinutes(5)).until(job::isDone);

    assertThat(catchThrowableOfType(CompletionException.class, job::join).getCause())
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> {
              assertThat(e.category()).isEqualTo(TidemarkException.Category.EXTERNAL);
              assertThat(e.problems()).extracting(Problem::code).containsExactly("TM-CLUSTER-024");
            });
    assertThat(bed.lake().find(out.table(), JobBed.BRANCH, build.key())).isEmpty();
    flink.awaitSlots(SLOTS);
    assertThat(bed.built(build).rowsIn()).containsExactly(1000L);
    assertThat(bed.rows(out)).hasSize(1000).contains("[999, 2001-01-01T00:16:39, 1998]");
    assertThat(bed.lake().stamps(out.table(), JobBed.BRANCH))
        .extracting(c -> c.stamp().key())
        .containsOnlyOnce(build.key());
  }

  /** Under the name that {@link SlowDouble} reads. */
  private static JobSpec.Input renamed(Dataset dataset) {
    JobSpec.Input in = bed.input(dataset);
    return new JobSpec.Input(
        DatasetId.of("slow_in"), in.table(), in.snapshot(), in.layout(), in.ranges());
  }

  @Test
  void flinksOwnCommandLineRunsABackfillByHand() throws IOException {
    Dataset in = input("hand_in", 10);
    Dataset out = output("hand_out");
    Transform.Logic sql = new Transform.Sql("SELECT id, `at`, amount * 2 AS twice FROM hand_in");

    SessionCluster.Answer help = flink.flink("run", jar.toString(), "backfill", "--help");
    assertThat(help.exitCode()).as(help.output()).isZero();
    assertThat(help.output()).contains("--transform NAME", "--classes PATHS");

    SessionCluster.Answer wrong = flink.flink("run", jar.toString(), "backfill", "--form", "x");
    assertThat(wrong.exitCode()).isNotZero();
    assertThat(wrong.output()).contains("unknown option '--form'");

    SessionCluster.Answer done = flink.flink(byHand(source(in, "hand_in"), out, sql));
    assertThat(done.exitCode()).as(done.output()).isZero();
    assertThat(done.output()).contains("is done; its result is at");
    assertThat(bed.fixture().rows(out.table(), bed.fixture().head(out.table(), "by-hand")))
        .hasSize(10)
        .contains("[9, 2001-01-01T00:00:09, 18]");
    assertThat(bed.fixture().rows(out.table())).isEmpty();
  }

  @Test
  void theClassesOfAJavaTransformGoToTheClusterWithABackfillByHand() throws Exception {
    Dataset in = input("hand_java_in", 20);
    Dataset out = output("hand_java_out");
    Transform.JavaClass here = slowDouble("by-hand-classes");
    // The graph comes from a machine where the classes are somewhere else.
    Transform.JavaClass elsewhere =
        new Transform.JavaClass(here.className(), List.of("/elsewhere/classes.jar"));
    Dataset renamed = source(in, "slow_in");

    SessionCluster.Answer lost = flink.flink(byHand(renamed, out, elsewhere));
    assertThat(lost.exitCode()).isNotZero();
    assertThat(lost.output()).contains("is not on its classpath", "/elsewhere/classes.jar");

    List<String> arguments = new ArrayList<>(List.of(byHand(renamed, out, elsewhere)));
    arguments.addAll(List.of("--classes", here.classpath().get(0)));
    SessionCluster.Answer done = flink.flink(arguments.toArray(String[]::new));
    assertThat(done.exitCode()).as(done.output()).isZero();
    assertThat(bed.fixture().rows(out.table(), bed.fixture().head(out.table(), "by-hand")))
        .hasSize(20)
        .contains("[19, 2001-01-01T00:00:19, 38]");
  }

  private static Dataset source(Dataset dataset, String name) {
    return new Dataset(
        DatasetId.of(name),
        Dataset.Kind.SOURCE,
        dataset.table(),
        dataset.schema(),
        dataset.key(),
        dataset.layout(),
        dataset.governance());
  }

  private static String[] byHand(Dataset in, Dataset out, Transform.Logic logic)
      throws IOException {
    Transform transform =
        new Transform(
            out.id(),
            logic,
            List.of(in.id()),
            Transform.Window.EXACT,
            "1",
            JobBed.analysis(Analysis.Locality.SHUFFLED),
            Location.of("pipeline.yaml"));
    Graph graph =
        new Graph(
            "g",
            List.of(in, out),
            List.of(transform),
            List.of(),
            Fingerprint.of(out.id().value(), logic.toString()));
    Path jobs = folder.resolve(out.id() + ".json");
    Files.writeString(jobs, RecordJson.write(graph, Graph.class));
    Path catalog = folder.resolve("catalog.json");
    Files.writeString(catalog, RecordJson.write(bed.fixture().spec(), JobSpec.CatalogSpec.class));
    return new String[] {
      "run",
      "-p",
      "2",
      jar.toString(),
      "backfill",
      "--jobs",
      jobs.toString(),
      "--catalog",
      catalog.toString(),
      "--transform",
      out.id().value(),
      "--from",
      "2001-01-01",
      "--to",
      "2001-02-01",
      "--branch",
      "by-hand"
    };
  }

  @Test
  void aJobThatStillRunsIsFoundByItsKeyWaitedForAndCancelled() throws Exception {
    Dataset held = input("held_in", 20_000);
    Dataset out = output("held_out");
    JobSpec.Build slow =
        bed.build("r1/build-held", slowDouble("held-classes"), out, january(), renamed(held));
    CompletableFuture<Void> first = CompletableFuture.runAsync(() -> cluster.run(slow, p -> {}));
    await().atMost(Duration.ofMinutes(5)).until(() -> first.isDone() || runs(slow.key()));
    List<Cluster.Progress> seen = new CopyOnWriteArrayList<>();
    CompletableFuture<Void> second =
        CompletableFuture.runAsync(() -> open(flink.rest()).run(slow, seen::add));
    await().atMost(Duration.ofMinutes(5)).until(() -> second.isDone() || !seen.isEmpty());

    open(flink.rest()).cancel(slow.key());

    for (CompletableFuture<Void> waiter : List.of(first, second)) {
      assertThat(catchThrowableOfType(CompletionException.class, waiter::join))
          .hasRootCauseInstanceOf(TidemarkException.class)
          .hasMessageContaining("was cancelled");
    }
    assertThat((List<?>) flink.get("/jobs/overview").get("jobs"))
        .filteredOn(j -> JobNames.isOf((String) ((Map<?, ?>) j).get("name"), slow.key()))
        .hasSize(1);
    assertThat(bed.lake().find(out.table(), JobBed.BRANCH, slow.key())).isEmpty();
  }

  private static Map<?, ?> overview(String key) throws IOException {
    for (Object job : (List<?>) flink.get("/jobs/overview").get("jobs")) {
      if (JobNames.isOf((String) ((Map<?, ?>) job).get("name"), key)) {
        return (Map<?, ?>) job;
      }
    }
    return Map.of();
  }

  private static boolean runs(String key) throws IOException {
    return overview(key).get("tasks") instanceof Map<?, ?> tasks
        && !Long.valueOf(0).equals(tasks.get("running"));
  }

  private static List<?> failures(String key) throws IOException {
    Map<?, ?> exceptions = flink.get("/jobs/" + overview(key).get("jid") + "/exceptions");
    return (List<?>) ((Map<?, ?>) exceptions.get("exceptionHistory")).get("entries");
  }

  /** With a folder that holds its classes alone, as a user's build makes one. */
  private static Transform.JavaClass slowDouble(String folderName)
      throws IOException, URISyntaxException {
    Path to = folder.resolve(folderName);
    for (Class<?> c : List.of(SlowDouble.class, SlowDouble.Doubling.class)) {
      String name = c.getName().replace('.', '/') + ".class";
      Path file = to.resolve(name);
      Files.createDirectories(file.getParent());
      Files.copy(Path.of(c.getResource("/" + name).toURI()), file);
    }
    return new Transform.JavaClass(SlowDouble.class.getName(), List.of(to.toString()));
  }

  @Test
  void anExceptionOfTheQueryIsTheUsersToMend() {
    Dataset in = input("zero_in", 5);
    Dataset out = output("zero_out");
    JobSpec.Build build =
        bed.sql(
            "r1/build-zero",
            "SELECT id, `at`, 10 / amount AS twice FROM zero_in",
            out,
            january(),
            bed.input(in));

    TidemarkException e =
        catchThrowableOfType(TidemarkException.class, () -> cluster.run(build, p -> {}));

    assertThat(e.category()).isEqualTo(TidemarkException.Category.USER);
    assertThat(e.problems().get(0).what())
        .isEqualTo("transform 'zero_out' failed: java.lang.ArithmeticException: / by zero");
  }

  @Test
  void aProblemFoundWhileComposingOnTheJobManagerArrivesWithItsPlace() {
    Dataset in = input("typo_in", 1);
    Dataset out = output("typo_out");
    JobSpec.Build build =
        bed.sql("r1/build-typo", "SELECT idd FROM typo_in", out, january(), bed.input(in));

    TidemarkException e =
        catchThrowableOfType(TidemarkException.class, () -> cluster.run(build, p -> {}));

    assertThat(e.category()).isEqualTo(TidemarkException.Category.USER);
    assertThat(e.problems().get(0).where()).contains(build.transform().where());
    assertThat(e.problems().get(0).why()).contains("idd");
  }

  @Test
  void anAddressWhereNobodyAnswersIsSaidSo() {
    Cluster nowhere = open("http://localhost:1");

    TidemarkException e =
        catchThrowableOfType(TidemarkException.class, () -> nowhere.cancel("any"));

    assertThat(e.category()).isEqualTo(TidemarkException.Category.EXTERNAL);
    assertThat(e.problems().get(0).what())
        .isEqualTo("cannot reach the Flink cluster at http://localhost:1/");
  }
}
