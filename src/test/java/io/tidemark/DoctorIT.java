package io.tidemark;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.testing.CommandLineSession;
import io.tidemark.testing.CommandLineSession.Result;
import io.tidemark.testing.KafkaBroker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What a user is told of an environment that is as it should be, and of one that is not. */
class DoctorIT {
  @RegisterExtension static final KafkaBroker KAFKA = new KafkaBroker();

  private static final String CONFIG =
      """
      home: .tidemark
      catalog:
        name: tidemark
        type: org.apache.iceberg.jdbc.JdbcCatalog
        properties:
          uri: %s
          warehouse: ${HOME}/warehouse
          jdbc.schema-version: V1
      flink:
        parallelism: 2
      store:
        url: %s
      kafka:
        bootstrap_servers: %s
      """;

  private static final String PIPELINE =
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
      """;

  @TempDir Path folder;

  private Result doctor(String catalog, String store, String... options) throws IOException {
    Path pipeline = folder.resolve("jobs/shop/pipeline.yaml");
    Files.createDirectories(pipeline.getParent());
    Files.createDirectories(folder.resolve("config"));
    Files.writeString(pipeline, PIPELINE);
    Files.writeString(
        folder.resolve("config/local.yaml"), CONFIG.formatted(catalog, store, KAFKA.bootstrap()));
    String[] arguments =
        Stream.concat(Stream.of("doctor"), Stream.of(options)).toArray(String[]::new);
    return new CommandLineSession(Wiring::open, folder).run(arguments);
  }

  @Test
  void everyPartIsTriedAndTheExitCodeSaysTheWorst() throws IOException {
    KAFKA.createTopic("visits", 2, Map.of("retention.ms", "172800000"));
    Result fine = doctor("jdbc:sqlite:${HOME}/catalog.db", "jdbc:sqlite:${HOME}/control.db");

    assertThat(fine.exitCode()).as(fine.out() + fine.err()).isZero();
    assertThat(
            fine.out()
                .replace(folder.toRealPath().toString(), "DIR")
                .replace(folder.toString(), "DIR"))
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
            ok   clock     the database is a file, and this machine's clock its only one
            ok   flink     Flink 2.2.0 runs in this process, with 2 slots
            ok   flink     a job read the catalog, and wrote, read and deleted in the warehouse and in file://DIR/.tidemark/checkpoints: 2 tasks in 1 process
            ok   kafka     topic 'visits' is there: 2 partitions
            """);
    try (Stream<Path> left = Files.walk(folder.resolve(".tidemark"))) {
      assertThat(left.filter(Files::isRegularFile)).noneMatch(p -> p.toString().contains("doctor"));
    }

    KAFKA.deleteTopic("visits");
    KAFKA.createTopic("visits", 1, Map.of("retention.ms", "3600000"));
    Result surprising = doctor("jdbc:sqlite:${HOME}/catalog.db", "jdbc:sqlite:${HOME}/control.db");
    assertThat(surprising.exitCode()).as(surprising.out()).isEqualTo(1);
    assertThat(surprising.out())
        .contains("warn kafka     topic 'visits' keeps records for PT1H, and a slice takes PT24H");

    Result broken =
        doctor(
            "jdbc:sqlite:/proc/nowhere/catalog.db",
            "jdbc:postgresql://localhost:1/control",
            "--format",
            "json");
    assertThat(broken.exitCode()).as(broken.out()).isEqualTo(3);
    assertThat(broken.out())
        .contains("\"level\":\"FAIL\"", "\"area\":\"database\"", "\"area\":\"catalog\"")
        .contains("\"what\":\"topic 'visits'");
  }
}
