package io.tidemark.store;

import io.tidemark.model.Environment.StoreSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;

/** Opens the control database of an environment, bringing its tables up to date first. */
public final class Stores {
  private Stores() {}

  /**
   * @throws TidemarkException USER if the URL is of no known database; EXTERNAL if the database
   *     cannot be reached, written, or is of a newer version
   */
  public static Store open(StoreSpec spec) {
    Dialect dialect =
        Dialect.of(spec.url())
            .orElseThrow(
                () ->
                    TidemarkException.user(
                        Problem.of(
                            "TM-STORE-001",
                            "cannot use the control database URL " + Dialect.shown(spec.url()),
                            "the control state is kept in SQLite or PostgreSQL",
                            "write jdbc:sqlite:PATH or jdbc:postgresql://HOST/DATABASE")));
    Database database = new Database(dialect, spec);
    try {
      Migrations.apply(database);
    } catch (TidemarkException e) {
      database.close();
      throw e;
    }
    return new JdbcStore(database);
  }
}
