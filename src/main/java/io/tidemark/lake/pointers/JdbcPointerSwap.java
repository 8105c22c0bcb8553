package io.tidemark.lake.pointers;

import io.tidemark.model.log.LogLine;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.iceberg.CatalogProperties;
import org.apache.iceberg.exceptions.CommitStateUnknownException;
import org.apache.iceberg.jdbc.JdbcClientPool;
import org.apache.iceberg.jdbc.UncheckedInterruptedException;
import org.apache.iceberg.jdbc.UncheckedSQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one transaction over all tables that Iceberg's JDBC catalog does not offer although its
 * database does: the same compare-and-set of a row that the catalog makes for one table, for each
 * of them. Connects as the catalog does, for each commit anew, so that no connection of the catalog
 * is ever left in the middle of a transaction.
 */
public final class JdbcPointerSwap implements PointerSwap {
  private static final Logger LOG = LoggerFactory.getLogger(JdbcPointerSwap.class);

  private static final String MOVE =
      "UPDATE iceberg_tables SET metadata_location = ?, previous_metadata_location = ?"
          + " WHERE catalog_name = ? AND table_namespace = ? AND table_name = ?"
          + " AND metadata_location = ?";

  private final String catalog;
  private final Map<String, String> properties;

  /**
   * @param catalog the name that the catalog writes into its rows
   */
  public JdbcPointerSwap(String catalog, Map<String, String> properties) {
    this.catalog = catalog;
    this.properties = new TreeMap<>(properties);
  }

  @Override
  public boolean available() {
    return true;
  }

  @Override
  public boolean commit(List<Move> moves) {
    // In one order for all processes, or two of them could wait for each other.
    List<Move> ordered =
        moves.stream().sorted(Comparator.comparing(m -> m.table().toString())).toList();
    JdbcClientPool connection =
        new JdbcClientPool(1, properties.get(CatalogProperties.URI), properties);
    try {
      return connection.run(c -> move(c, ordered), false);
    } catch (SQLException e) {
      throw new UncheckedSQLException(e, "Cannot switch tables %s", ordered);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UncheckedInterruptedException(e, "Interrupted before switching tables");
    } finally {
      close(connection);
    }
  }

  /** Never throws: whether the tables were switched is known by then, and is the answer. */
  private static void close(JdbcClientPool connection) {
    try {
      connection.close();
    } catch (RuntimeException e) {
      LOG.info(LogLine.of("connection-not-closed").because(e).toString());
    }
  }

  private boolean move(Connection connection, List<Move> moves) throws SQLException {
    connection.setAutoCommit(false);
    try (PreparedStatement update = connection.prepareStatement(MOVE)) {
      for (Move move : moves) {
        update.setString(1, move.to());
        update.setString(2, move.from());
        update.setString(3, catalog);
        update.setString(4, move.table().namespace());
        update.setString(5, move.table().name());
        update.setString(6, move.from());
        if (update.executeUpdate() != 1) {
          connection.rollback();
          return false;
        }
      }
    }
    try {
      connection.commit();
      return true;
    } catch (SQLException e) {
      throw new CommitStateUnknownException(e);
    }
  }
}
