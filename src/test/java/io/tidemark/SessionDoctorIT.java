package io.tidemark;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.testing.ChildJvm;
import io.tidemark.testing.CommandLineSession.Result;
import io.tidemark.testing.KafkaBroker;
import io.tidemark.testing.S3Store;
import io.tidemark.testing.SessionCluster;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a user is told of a session cluster with tables in S3 and control state in PostgreSQL. All
 * of them are processes of their own, and so is the command.
 */
class SessionDoctorIT {
  @RegisterExtension static final KafkaBroker KAFKA = new KafkaBroker();
  @TempDir static Path folder;

  private static final int SLOTS = 4;
  private static final int FAILED = 3;

  private static S3Store s3;
  private static SessionCluster flink;
  private static EmbeddedPostgres database;
  private static Path checkpoints;

  @BeforeAll
  static void start() throws IOException {
    s3 = S3Store.start(folder.resolve("s3"));
    s3.bucket("lake");
    database = EmbeddedPostgres.start();
    flink = SessionCluster.start(folder.resolve("flink"), SLOTS, S3Store.client());
    checkpoints = Files.createDirectories(folder.resolve("checkpoints"));
    KAFKA.createTopic("visits", 2, Map.of("retention.ms", "172800000"));
    Path pipeline = folder.resolve("jobs/shop/pipeline.yaml");
    Files.createDirectories(pipeline.getParent());
    Files.writeString(
        pipeline,
        """
        name: shop
        datasets:
          visits:
            table: shop.visits
            kind: source
            schema: {id: BIGINT NOT NULL, at: TIMESTAMP(3) NOT NULL}
            event_time: at
            partition: P1D
            slice: P1D
            topic: {name: visits}
        """);
  }

  @AfterAll
  static void stop() throws IOException {
    flink.close();
    database.close();
    s3.close();
  }

  private static String configured(
      Map<String, String> storage, String checkpointFolder, Path jobJar) {
    String jdbc = "jdbc:postgresql://localhost:" + database.getPort() + "/postgres";
    Map<String, String> catalog = new TreeMap<>(storage);
    catalog.putAll(
        Map.of(
            "uri", jdbc,
            "jdbc.user", "postgres",
            "jdbc.password", "postgres",
            "jdbc.schema-version", "V1"));
    return """
    home: .tidemark
    catalog:
      name: tidemark
      type: org.apache.iceberg.jdbc.JdbcCatalog
      properties:
    %s
    flink: {rest: '%s', parallelism: 2, job_jar: '%s'}
    store: {url: '%s', user: postgres, password: postgres}
    kafka: {bootstrap_servers: '%s'}
    live: {checkpoints: '%s'}
    """
        .formatted(
            S3Store.yaml(catalog), flink.rest(), jobJar, jdbc, KAFKA.bootstrap(), checkpointFolder);
  }

  private static Result doctor(Map<String, String> storage, String checkpointFolder)
      throws Exception {
    Files.createDirectories(folder.resolve("config"));
    Files.writeString(
        folder.resolve("config/local.yaml"),
        configured(storage, checkpointFolder, SessionCluster.jobJar(folder)));
    Path output = Files.createTempFile(folder, "doctor-", ".txt");
    Process process = ChildJvm.tidemark(folder, output, S3Store.client(), "doctor");
    try {
      // A minute is what each part is given that does not answer; here all answer, if with errors.
      assertThat(process.waitFor(100, TimeUnit.SECONDS)).as("it ends").isTrue();
    } finally {
      process.destroyForcibly();
    }
    String said = Files.readString(output);
    assertThat(said).doesNotContain("\tat ", "Exception in thread", "not-so-secret");
    return new Result(process.exitValue(), said, "");
  }

  private static void assertNothingIsLeft() throws IOException {
    for (Path place : new Path[] {s3.bucket("lake"), checkpoints}) {
      try (Stream<Path> left = Files.walk(place)) {
        assertThat(left.filter(Files::isRegularFile)).isEmpty();
      }
    }
  }

  @Test
  void everyPartIsTriedAlsoWhereTasksRun() throws Exception {
    Result fine = doctor(s3.catalog("lake"), checkpoints.toUri().toString());

    assertThat(fine.out().replace(checkpoints.toUri().toString(), "CHECKPOINTS"))
        .isEqualTo(
            """
            ok   home      local state can be kept in DIR/.tidemark
            ok   catalog   tables can be made and dropped
            ok   catalog   branches are kept
            ok   catalog   the second of two writers is refused
            ok   catalog   several tables are switched at once, or none of them
            ok   files     what is written, replaced and deleted is seen at once
            ok   files     a listing shows what is there, and nothing else
            ok   database  it is written, and changes are conditional
            ok   clock     this machine and the database agree on the time
            ok   flink     the cluster runs Flink 2.2.0
            ok   flink     4 slots on 1 TaskManagers
            warn flink     the cluster names no place for checkpoints
                           live jobs bring their own; set execution.checkpointing.dir for jobs by hand
            ok   flink     jobs are restarted: fixed-delay
            ok   flink     the job jar is there
            ok   flink     a job read the catalog, and wrote, read and deleted in the warehouse and in CHECKPOINTS: 4 tasks in 1 process
            warn flink     live jobs keep checkpoints in a folder: CHECKPOINTS
                           have every machine of the cluster see that folder, or use an object store
            ok   kafka     topic 'visits' is there: 2 partitions
            """
                .replace("DIR", folder.toString()));
    assertThat(fine.exitCode()).isEqualTo(1);
    assertNothingIsLeft();
  }

  @Test
  void aBucketThatIsNotThereAndCredentialsThatAreWrongNameTheirSettings() throws Exception {
    Result missing = doctor(s3.catalog("nowhere"), checkpoints.toUri().toString());
    assertThat(missing.exitCode()).as(missing.out()).isEqualTo(FAILED);
    assertThat(missing.out())
        .contains(
            "fail files     there is no bucket for s3://nowhere/warehouse\n"
                + "               create it, or mend 'warehouse' under 'properties' of 'catalog'",
            "warn flink     no job was run to try out what tasks need")
        .containsOnlyOnce("fail ");

    Map<String, String> wrong = new TreeMap<>(s3.catalog("lake"));
    wrong.put("s3.secret-access-key", "wrong");
    Result refused = doctor(wrong, checkpoints.toUri().toString());
    assertThat(refused.exitCode()).as(refused.out()).isEqualTo(FAILED);
    assertThat(refused.out())
        .contains(
            "fail files     S3 refuses these credentials for s3://lake/warehouse: ",
            "mend 's3.access-key-id' and 's3.secret-access-key'")
        .containsOnlyOnce("fail ");

    Map<String, String> unknown = new TreeMap<>(s3.catalog("lake"));
    unknown.put("s3.access-key-id", "unknown");
    assertThat(doctor(unknown, checkpoints.toUri().toString()).out())
        .contains("fail files     S3 refuses these credentials for s3://lake/warehouse: ")
        .containsOnlyOnce("fail ");

    Map<String, String> nobody = new TreeMap<>(s3.catalog("lake"));
    nobody.put("s3.endpoint", "http://127.0.0.1:1");
    assertThat(doctor(nobody, checkpoints.toUri().toString()).out())
        .contains(
            "fail files     S3 cannot be reached at http://127.0.0.1:1: ", "mend 's3.endpoint'")
        .containsOnlyOnce("fail ");
    assertNothingIsLeft();
  }

  @Test
  void aCheckpointFolderThatTheClusterCannotUseIsFoundByAJob() throws Exception {
    // Nobody gave this cluster a file system for S3, as its plugin would.
    Result plugin = doctor(s3.catalog("lake"), "s3://lake/checkpoints");
    assertThat(plugin.exitCode()).as(plugin.out()).isEqualTo(FAILED);
    assertThat(plugin.out())
        .contains(
            "fail flink     the JobManager cannot use the checkpoint folder s3://lake/checkpoints:"
                + " ",
            "s3:// needs flink-s3-fs-hadoop")
        .containsOnlyOnce("fail ");

    // Another folder for each process, as a local path is on several machines.
    Result apart = doctor(s3.catalog("lake"), "file:/proc/self/cwd/checkpoints");
    assertThat(apart.exitCode()).as(apart.out()).isEqualTo(FAILED);
    assertThat(apart.out())
        .containsPattern(
            "fail flink     a TaskManager \\(\\d+@\\S+\\) does not see what the JobMan")
        .contains("name a folder as 'checkpoints' under 'live' that all machines")
        .containsOnlyOnce("fail ");

    // What the JobManager can make, a TaskManager cannot.
    Files.createFile(folder.resolve("flink/taskmanager-0/occupied"));
    Result one = doctor(s3.catalog("lake"), "file:/proc/self/cwd/occupied");
    assertThat(one.exitCode()).as(one.out()).isEqualTo(FAILED);
    assertThat(one.out())
        .containsPattern("fail flink     a TaskManager \\(\\d+@\\S+\\) cannot use the checkpoint")
        .containsOnlyOnce("fail ");
    assertNothingIsLeft();
  }
}
