package io.tidemark.store;

import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;

/**
 * Brings the tables up to date with Flyway. Flyway takes longer to start than most commands run, so
 * it is not asked when its own history table names the newest version.
 */
final class Migrations {
  /** The number of the newest file under {@code db/migration}. */
  static final int NEWEST = 3;

  /** Not Flyway's default name, since the database may be shared with other tools that use it. */
  static final String HISTORY = "tidemark_schema_history";

  private Migrations() {}

  static void apply(Database database) {
    if (known(database) < NEWEST) {
      migrate(database);
    }
  }

  /**
   * The version that a database is of; 0 if nothing was installed yet.
   *
   * @throws TidemarkException EXTERNAL if it is a newer one than this program knows
   */
  static int known(Database database) {
    int found = database.with(Migrations::installed);
    if (found > NEWEST) {
      throw TidemarkException.external(
          Problem.of(
              "TM-STORE-017",
              "the control database " + database.shown() + " is of version " + found,
              "this program knows versions up to " + NEWEST,
              "use the newer program"),
          null);
    }
    return found;
  }

  /** The newest version that was installed whole; 0 for none. */
  private static int installed(Connection connection) throws SQLException {
    if (!hasHistory(connection)) {
      return 0;
    }
    List<String> versions = new ArrayList<>();
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT \"version\" FROM " + HISTORY + " WHERE \"success\" = ?"); ) {
      statement.setBoolean(1, true);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          versions.add(rows.getString(1));
        }
      }
    }
    return versions.stream().filter(v -> v != null).mapToInt(Integer::parseInt).max().orElse(0);
  }

  private static boolean hasHistory(Connection connection) throws SQLException {
    DatabaseMetaData metadata = connection.getMetaData();
    try (ResultSet tables =
        metadata.getTables(null, connection.getSchema(), HISTORY, new String[] {"TABLE"})) {
      return tables.next();
    }
  }

  private static void migrate(Database database) {
    try {
      Flyway.configure(Migrations.class.getClassLoader())
          .dataSource(
              database.spec().url(),
              database.spec().user().orElse(null),
              database.spec().password().orElse(null))
          .locations("classpath:db/migration")
          .table(HISTORY)
          .baselineOnMigrate(true)
          .baselineVersion("0")
          .load()
          .migrate();
    } catch (FlywayException e) {
      if (e.getCause() instanceof SQLException sql) {
        throw Dialect.of(database.spec().url()).orElseThrow().explain(database.spec().url(), sql);
      }
      throw TidemarkException.external(
          Problem.of(
              "TM-STORE-018",
              "cannot bring the control database " + database.shown() + " up to date",
              "a migration failed; the tables are as they were before it",
              "look at the cause with --debug, or move the database away and start with a new one"),
          e);
    }
  }
}
