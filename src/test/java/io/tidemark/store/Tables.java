package io.tidemark.store;

import io.tidemark.model.Environment.StoreSpec;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A control database's tables, past the store. */
final class Tables {
  private Tables() {}

  static void execute(StoreSpec where, String sql) throws Exception {
    try (Connection connection = connect(where);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static Connection connect(StoreSpec where) throws SQLException {
    return DriverManager.getConnection(
        where.url(), where.user().orElse(null), where.password().orElse(null));
  }

  /** All rows of all tables. */
  static Map<String, List<String>> contents(StoreSpec where) throws Exception {
    Map<String, List<String>> contents = new TreeMap<>();
    try (Connection connection = connect(where);
        Statement statement = connection.createStatement()) {
      try (ResultSet tables =
          connection
              .getMetaData()
              .getTables(null, connection.getSchema(), "tidemark%", new String[] {"TABLE"})) {
        while (tables.next()) {
          contents.put(tables.getString("TABLE_NAME"), new ArrayList<>());
        }
      }
      for (Map.Entry<String, List<String>> table : contents.entrySet()) {
        try (ResultSet rows = statement.executeQuery("SELECT * FROM " + table.getKey())) {
          while (rows.next()) {
            StringBuilder row = new StringBuilder();
            for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
              row.append(rows.getString(i)).append('|');
            }
            table.getValue().add(row.toString());
          }
        }
      }
    }
    return contents;
  }
}
