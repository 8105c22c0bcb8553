package io.tidemark.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.tidemark.model.Environment.StoreSpec;
import io.tidemark.model.RunId;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.doctor.Finding;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class PostgresqlStoreIT extends StoreContract {
  private static EmbeddedPostgres server;
  private static int databases;

  @BeforeAll
  static void start() throws IOException {
    server = EmbeddedPostgres.start();
  }

  @AfterAll
  static void stop() throws IOException {
    server.close();
  }

  @Override
  StoreSpec emptyDatabase() throws Exception {
    String name = "control" + databases++;
    try (Connection connection = admin();
        Statement statement = connection.createStatement()) {
      statement.executeUpdate("CREATE DATABASE " + name);
    }
    return spec(name, "postgres", "postgres");
  }

  private static Connection admin() throws Exception {
    return DriverManager.getConnection(server.getJdbcUrl("postgres", "postgres"));
  }

  private static StoreSpec spec(String database, String user, String password) {
    return new StoreSpec(
        "jdbc:postgresql://localhost:" + server.getPort() + "/" + database,
        Optional.of(user),
        Optional.of(password));
  }

  @Test
  void anExaminationTriesTheDatabaseAndLeavesNothing() throws Exception {
    StoreSpec spec = emptyDatabase();

    assertThat(Stores.examine(spec, Clock.systemUTC()))
        .extracting(Finding::area, Finding::level)
        .containsExactly(tuple("database", Finding.Level.OK), tuple("clock", Finding.Level.OK));
    assertThat(Stores.examine(spec, Clock.offset(Clock.systemUTC(), Duration.ofMinutes(-2))))
        .filteredOn(f -> f.level() == Finding.Level.FAIL)
        .singleElement()
        .satisfies(f -> assertThat(f.what()).contains("seconds apart"));
    try (Connection connection = DriverManager.getConnection(spec.url(), "postgres", "postgres");
        ResultSet tables = connection.getMetaData().getTables(null, "public", "%", null)) {
      assertThat(tables.next()).isFalse();
    }
  }

  @Test
  void anExaminationNamesAWrongPasswordAndDoesNotShowIt() throws Exception {
    try (Connection connection = admin();
        Statement statement = connection.createStatement()) {
      statement.executeUpdate("CREATE ROLE ann LOGIN PASSWORD 'right'");
    }

    assertThat(Stores.examine(spec("nowhere", "ann", "wr0ng"), Clock.systemUTC()))
        .singleElement()
        .satisfies(
            f -> {
              assertThat(f.level()).isEqualTo(Finding.Level.FAIL);
              assertThat(f.toString()).doesNotContain("wr0ng");
              assertThat(f.fix()).isNotEmpty();
            });
  }

  @Test
  void aDatabaseThatAlreadyHoldsOtherTablesIsShared() throws Exception {
    StoreSpec spec = emptyDatabase();
    try (Connection connection = DriverManager.getConnection(spec.url(), "postgres", "postgres");
        Statement statement = connection.createStatement()) {
      statement.executeUpdate("CREATE TABLE iceberg_tables (a INT)");
    }

    try (Store store = Stores.open(spec)) {
      assertThat(store.runs(1)).isEmpty();
    }
  }

  @Test
  void anUnreachableServerIsNamedAndTheSecretIsNot() {
    StoreSpec nowhere =
        new StoreSpec(
            "jdbc:postgresql://localhost:1/control?password=s3cret",
            Optional.of("me"),
            Optional.of("t0psecret"));

    assertThatThrownBy(() -> Stores.open(nowhere))
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> {
              assertThat(e.category()).isEqualTo(TidemarkException.Category.EXTERNAL);
              assertThat(e.problems().get(0).toString() + e.problems().get(0).why())
                  .contains("localhost:1/control")
                  .doesNotContain("s3cret", "t0psecret");
            });
    assertThat(nowhere.toString()).doesNotContain("s3cret", "t0psecret");
  }

  @Test
  void aDatabaseThatDoesNotExistIsSaidToBeTheProblem() {
    assertThatThrownBy(() -> Stores.open(spec("nosuch", "postgres", "postgres")))
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> assertThat(e.problems().get(0).code()).isEqualTo("TM-STORE-016"));
  }

  @Test
  void aConnectionThatIsCutIsReportedOnceAndThenOpenedAgain() throws Exception {
    StoreSpec spec = emptyDatabase();
    try (Store store = Stores.open(spec)) {
      assertThat(store.findRun(new RunId("r1"))).isEmpty();
      try (Connection connection = admin();
          Statement statement = connection.createStatement()) {
        statement.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"
                + spec.url().substring(spec.url().lastIndexOf('/') + 1)
                + "'");
      }

      assertThatThrownBy(() -> store.findRun(new RunId("r1")))
          .isInstanceOfSatisfying(
              TidemarkException.class,
              e -> assertThat(e.problems().get(0).code()).isEqualTo("TM-STORE-010"));
      assertThat(store.findRun(new RunId("r1"))).isEmpty();
    }
  }

  @Test
  void aReadOnlyServerIsSaidToBeOne() throws Exception {
    StoreSpec spec = emptyDatabase();
    try (Store store = Stores.open(spec)) {
      assertThat(store.runs(1)).isEmpty();
    }
    StoreSpec readOnly =
        new StoreSpec(
            spec.url() + "?options=-c%20default_transaction_read_only=on",
            spec.user(),
            spec.password());

    try (Store store = Stores.open(readOnly)) {
      assertThatThrownBy(() -> store.recordRate(io.tidemark.model.DatasetId.of("d"), 1))
          .isInstanceOfSatisfying(
              TidemarkException.class,
              e -> assertThat(e.problems().get(0).code()).isEqualTo("TM-STORE-012"));
    }
  }
}
