package io.tidemark.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tidemark.model.Environment;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.TidemarkException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigReaderTest {
  @TempDir Path project;

  private final ConfigReader reader =
      new ConfigReader(
          name ->
              Optional.ofNullable(
                  Map.of("PW", "s3cret", "CATALOG_CREDENTIAL", "id:key", "EMPTY", "").get(name)));

  @Test
  void theShippedLocalEnvironmentIsEmbedded() {
    Environment local = reader.environment(Path.of(""), "local");

    Path home = Path.of("").toAbsolutePath().resolve(".tidemark");
    assertThat(local.home()).isEqualTo(home);
    assertThat(local.catalog().name()).isEqualTo("tidemark");
    assertThat(local.catalog().properties())
        .containsEntry("catalog-impl", "org.apache.iceberg.jdbc.JdbcCatalog")
        .containsEntry("uri", "jdbc:sqlite:" + home + "/catalog.db")
        .containsEntry("warehouse", home + "/warehouse")
        .doesNotContainKey("type");
    assertThat(local.store().url()).isEqualTo("jdbc:sqlite:" + home + "/control.db");
    assertThat(local.cluster())
        .isEqualTo(new Environment.FlinkEndpoint(Optional.empty(), 2, Optional.empty()));
  }

  @Test
  void theShippedProductionExampleReadsOnceItsSecretsAreThere() {
    ConfigReader with = new ConfigReader(name -> Optional.of("secret-of-" + name));

    Environment production = with.environment(Path.of(""), "production");

    assertThat(production.store().password()).contains("secret-of-TIDEMARK_STORE_PASSWORD");
    assertThat(production.catalog().properties()).containsEntry("type", "rest");
    assertThat(production.cluster().rest()).contains("http://jobmanager.example.org:8081");
    assertThat(production.limits())
        .isEqualTo(new Environment.Limits(4294967296L, 10_000, Duration.ofDays(30)));
    assertThat(production.streaming().orElseThrow().kafka().get("sasl.jaas.config"))
        .contains("password=\"secret-of-KAFKA_PASSWORD\"");
    assertThat(production.toString()).doesNotContain("secret-of");
  }

  @Test
  void secretsComeFromVariablesAndFiles() throws IOException {
    Files.writeString(project.resolve("pw"), "from file\n");

    Environment env =
        environment(
            "prod",
            """
            catalog:
              name: c
              type: rest
              properties: {token: '${FILE:pw}', retries: 3}
            store: {url: 'jdbc:postgresql://h/db', user: u, password: '${ENV:PW}'}
            limits: {revert_days: 7}
            """);

    assertThat(env.catalog().properties())
        .containsEntry("token", "from file")
        .containsEntry("retries", "3");
    assertThat(env.store().password()).contains("s3cret");
    assertThat(env.limits().revertWindow()).isEqualTo(Duration.ofDays(7));
  }

  @Test
  void inlineSecretsAreRefusedOutsideLocalAndNeverShown() throws IOException {
    String text =
        """
        catalog:
          name: c
          type: rest
          properties:
            credential: hunter2
            s3.secret-access-key: hunter3
            uri: https://user:hunter4@catalog
        store: {url: 'jdbc:postgresql://h/db?password=hunter5', password: hunter6}
        """;

    TidemarkException refused = refused("prod", text);

    assertThat(refused.problems())
        .extracting(p -> p.where().orElseThrow().line() + " " + p.code())
        .containsExactlyInAnyOrder(
            "5 TM-CONF-002", "6 TM-CONF-002", "7 TM-CONF-002", "8 TM-CONF-002", "8 TM-CONF-002");
    assertThat(refused.problems().toString()).doesNotContain("hunter");
    assertThat(environment("local", text).store().password()).contains("hunter6");
  }

  @Test
  void everythingWrongIsNamedAtOnce() throws IOException {
    TidemarkException refused =
        refused(
            "prod",
            """
            catalog: {type: rest, nmae: c, properties: {uri: '${ENV:NONE}', x: '${NOPE}'}}
            flink: {parallelism: 0, rest: jobmanager, slots: 3}
            store: {url: 'jdbc:h2:mem', password: '${FILE:none}'}
            limits: {batch_bytes: many, revert_days: 4000}
            """);

    assertThat(refused.problems())
        .extracting(Object::toString)
        .containsExactlyInAnyOrder(
            "config/prod.yaml:1:10: TM-YAML-015: key 'name' is missing",
            "config/prod.yaml:1:23: TM-YAML-010: unknown key 'nmae' in catalog",
            "config/prod.yaml:1:50: TM-CONF-003: environment variable 'NONE' is not set",
            "config/prod.yaml:1:68: TM-CONF-003: unknown reference '${NOPE}'",
            "config/prod.yaml:2:22: TM-CONF-004: 'parallelism' must be 1 or more",
            "config/prod.yaml:2:25: TM-CONF-004: 'rest' is no address",
            "config/prod.yaml:2:43: TM-YAML-010: unknown key 'slots' in flink",
            "config/prod.yaml:3:9: TM-CONF-005: the control database is neither SQLite nor"
                + " PostgreSQL",
            "config/prod.yaml:3:39: TM-CONF-003: the file 'none' cannot be read",
            "config/prod.yaml:4:23: TM-YAML-012: 'batch_bytes' must be a whole number",
            "config/prod.yaml:4:42: TM-CONF-004: 'revert_days' is larger than 3650");
  }

  private static final String BASE =
      """
      catalog: {name: c, type: rest}
      store: {url: 'jdbc:sqlite:x'}
      """;

  @Test
  void withoutBrokersThereAreNoLiveJobs() throws IOException {
    assertThat(environment("local", BASE).streaming()).isEmpty();
  }

  @Test
  void liveJobsHaveDefaultsForAllButTheBrokers() throws IOException {
    Environment env = environment("local", BASE + "kafka: {bootstrap_servers: 'h:9092'}\n");

    assertThat(env.streaming())
        .contains(
            new LiveSpec.Streaming(
                new TreeMap<>(Map.of("bootstrap.servers", "h:9092")),
                Duration.ofSeconds(10),
                project.resolve(".tidemark/checkpoints").toUri().toString()));
  }

  @Test
  void liveJobsAreConfiguredAndTheirSecretsNeverShown() throws IOException {
    Environment env =
        environment(
            "prod",
            BASE
                + """
                flink: {rest: 'http://h:8081'}
                kafka:
                  bootstrap_servers: h-1:9092, h-2:9092
                  properties:
                    ssl.key.password: ${ENV:PW}
                    sasl.jaas.config: x required username="u" password="${ENV:PW}";
                    sasl.oauthbearer.token.endpoint.url: https://h/token
                    max.poll.records: 100
                live: {checkpoint_every: PT0.5S, checkpoints: 's3://bucket/checkpoints'}
                """);

    LiveSpec.Streaming streaming = env.streaming().orElseThrow();
    assertThat(streaming.kafka())
        .containsEntry("bootstrap.servers", "h-1:9092, h-2:9092")
        .containsEntry("ssl.key.password", "s3cret")
        .containsEntry("sasl.jaas.config", "x required username=\"u\" password=\"s3cret\";")
        .containsEntry("max.poll.records", "100");
    assertThat(streaming.checkpointEvery()).isEqualTo(Duration.ofMillis(500));
    assertThat(streaming.checkpoints()).isEqualTo("s3://bucket/checkpoints");
    assertThat(env.toString()).doesNotContain("s3cret");
  }

  @Test
  void checkpointsInAFolderOfTheProjectAreGivenAsUri() throws IOException {
    Environment env =
        environment(
            "local",
            BASE + "kafka: {bootstrap_servers: 'h:1'}\nlive: {checkpoints: '${HOME}/cp'}\n");

    assertThat(env.streaming().orElseThrow().checkpoints())
        .isEqualTo(project.resolve(".tidemark/cp").toUri().toString());
  }

  @Test
  void everythingWrongWithLiveJobsIsNamedAtOnce() throws IOException {
    TidemarkException refused =
        refused(
            "prod",
            BASE
                + """
                flink: {rest: 'http://h:8081'}
                kafka:
                  bootstrap_servers: https://h
                  properties:
                    sasl.jaas.config: x required username="u" password="hunter1";
                    ssl.keystore.key: hunter2
                    auto.offset.reset: latest
                live: {checkpoint_every: PT0S, checkpiont: x}
                """);

    assertThat(refused.problems())
        .extracting(Object::toString)
        .containsExactlyInAnyOrder(
            "config/prod.yaml:5:3: TM-CONF-004: 'bootstrap_servers' is no list of addresses",
            "config/prod.yaml:7:23: TM-CONF-002: 'sasl.jaas.config' holds a secret in the clear",
            "config/prod.yaml:8:23: TM-CONF-002: 'ssl.keystore.key' holds a secret in the clear",
            "config/prod.yaml:9:5: TM-CONF-007: 'auto.offset.reset' cannot be set",
            "config/prod.yaml:10:26: TM-CONF-004: 'checkpoint_every' is shorter than PT0.01S",
            "config/prod.yaml:10:32: TM-YAML-010: unknown key 'checkpiont' in live",
            "config/prod.yaml:10:1: TM-CONF-008: live jobs on a session cluster need"
                + " 'live.checkpoints'");
    assertThat(refused.problems().toString()).doesNotContain("hunter");
    assertThat(refused("x", BASE + "live: {}\n").problems())
        .extracting(Object::toString)
        .containsExactly("config/x.yaml:3:1: TM-CONF-006: 'live' has no meaning without 'kafka'");
  }

  @Test
  void anUnknownEnvironmentNamesTheNearest() throws IOException {
    Files.createDirectories(project.resolve("config"));
    Files.writeString(project.resolve("config/staging.yaml"), "x: 1");

    TidemarkException refused =
        catchThrowableOfType(TidemarkException.class, () -> reader.environment(project, "stagin"));

    assertThat(refused.problems().get(0).fix()).isEqualTo("did you mean 'staging'?");
    assertThat(
            catchThrowableOfType(TidemarkException.class, () -> reader.environment(project, "../x"))
                .getMessage())
        .contains("cannot be the name of an environment");
  }

  private Environment environment(String name, String yaml) throws IOException {
    Path file = project.resolve("config").resolve(name + ".yaml");
    Files.createDirectories(file.getParent());
    Files.writeString(file, yaml);
    return reader.environment(project, name);
  }

  private TidemarkException refused(String name, String yaml) {
    return catchThrowableOfType(TidemarkException.class, () -> environment(name, yaml));
  }
}
