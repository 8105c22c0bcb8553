package io.tidemark.store;

import io.tidemark.model.Environment.StoreSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.doctor.Finding;
import java.time.Clock;
import java.util.List;

/** Opens the control database of an environment, bringing its tables up to date first. */
public final class Stores {
  private Stores() {}

  /**
   * @throws TidemarkException USER if the URL is of no known database; EXTERNAL if the database
   *     cannot be reached, written, or is of a newer version
   */
  public static Store open(StoreSpec spec) {
    Database database = new Database(dialect(spec), spec);
    try {
      Migrations.apply(database);
    } catch (TidemarkException e) {
      database.close();
      throw e;
    }
    return new JdbcStore(database);
  }

  private static Dialect dialect(StoreSpec spec) {
    return Dialect.of(spec.url())
        .orElseThrow(
            () ->
                TidemarkException.user(
                    Problem.of(
                        "TM-STORE-001",
                        "cannot use the control database URL " + Dialect.shown(spec.url()),
                        "the control state is kept in SQLite or PostgreSQL",
                        "write jdbc:sqlite:PATH or jdbc:postgresql://HOST/DATABASE")));
  }

  /**
   * Tries whether the control database can be written, in a table that is thrown away, and compares
   * its clock with that of this machine. Its own tables are not touched.
   *
   * @return what was found, also where it cannot be reached
   */
  public static List<Finding> examine(StoreSpec spec, Clock clock) {
    return Finding.of(
        "database",
        () -> {
          try (Database database = new Database(dialect(spec), spec)) {
            return new StoreProbe(database, clock).run();
          }
        });
  }
}
