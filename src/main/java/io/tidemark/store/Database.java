package io.tidemark.store;

import io.tidemark.model.Environment.StoreSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/**
 * One connection, used by one thread at a time, that is opened again after it broke. Every
 * statement is a transaction of its own, so that a change either happened whole or not at all.
 * Thread-safe.
 */
final class Database implements AutoCloseable {
  /** Reads one row of a result. */
  interface RowReader<T> {
    T read(ResultSet row) throws SQLException;
  }

  /** What is done with an open connection. */
  interface Work<T> {
    T on(Connection connection) throws SQLException;
  }

  private final Dialect dialect;
  private final StoreSpec spec;
  private Connection connection;
  private boolean closed;

  Database(Dialect dialect, StoreSpec spec) {
    this.dialect = dialect;
    this.spec = spec;
  }

  StoreSpec spec() {
    return spec;
  }

  /** A URL for messages. */
  String shown() {
    return Dialect.shown(spec.url());
  }

  /** Runs one changing statement; returns how many rows it changed. */
  int update(String sql, Object... arguments) {
    return with(open -> update(open, new Change(sql, arguments)));
  }

  /** One changing statement of several. */
  record Change(String sql, List<Object> arguments) {
    Change(String sql, Object... arguments) {
      this(sql, List.of(arguments));
    }
  }

  /**
   * Runs two changing statements in one transaction, the second only if the first changed a row.
   *
   * @return how many rows the first changed
   */
  int update(Change first, Change then) {
    return with(
        open -> {
          // After an error the connection is dropped, which rolls back; to turn this on again would
          // commit.
          open.setAutoCommit(false);
          int changed = update(open, first);
          if (changed > 0) {
            update(open, then);
          }
          open.commit();
          open.setAutoCommit(true);
          return changed;
        });
  }

  private static int update(Connection open, Change change) throws SQLException {
    try (PreparedStatement statement = prepare(open, change.sql(), change.arguments().toArray())) {
      return statement.executeUpdate();
    }
  }

  /** Runs one query. */
  <T> List<T> query(RowReader<T> reader, String sql, Object... arguments) {
    return with(
        open -> {
          try (PreparedStatement statement = prepare(open, sql, arguments);
              ResultSet rows = statement.executeQuery()) {
            List<T> result = new ArrayList<>();
            while (rows.next()) {
              result.add(reader.read(rows));
            }
            return result;
          }
        });
  }

  /**
   * @throws TidemarkException EXTERNAL for whatever the database reports
   */
  synchronized <T> T with(Work<T> work) {
    try {
      return work.on(open());
    } catch (SQLException e) {
      drop();
      throw dialect.explain(spec.url(), e);
    }
  }

  private static PreparedStatement prepare(Connection open, String sql, Object... arguments)
      throws SQLException {
    PreparedStatement statement = open.prepareStatement(sql);
    for (int i = 0; i < arguments.length; i++) {
      statement.setObject(i + 1, arguments[i]);
    }
    return statement;
  }

  private Connection open() throws SQLException {
    if (closed) {
      throw new IllegalStateException("[BUG] the control database is closed");
    }
    if (connection == null) {
      makeFolder();
      Properties properties = new Properties();
      spec.user().ifPresent(user -> properties.setProperty("user", user));
      spec.password().ifPresent(password -> properties.setProperty("password", password));
      connection = DriverManager.getConnection(spec.url(), properties);
      try (Statement statement = connection.createStatement()) {
        for (String sql : dialect.setUp()) {
          statement.execute(sql);
        }
      }
    }
    return connection;
  }

  private void makeFolder() {
    dialect
        .file(spec.url())
        .map(file -> Path.of(file).toAbsolutePath().getParent())
        .ifPresent(
            folder -> {
              try {
                Files.createDirectories(folder);
              } catch (IOException e) {
                throw TidemarkException.external(
                    Problem.of(
                        "TM-STORE-010",
                        "cannot make the folder " + folder + " of the control database",
                        e.getClass().getSimpleName(),
                        "check the path and its permissions"),
                    e);
              }
            });
  }

  /** Forgets a connection after an error, since its state is not known. */
  private void drop() {
    if (connection != null) {
      try {
        connection.close();
      } catch (SQLException e) {
        // It is broken already, and the error that broke it is the one being reported.
      }
      connection = null;
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    drop();
  }
}
