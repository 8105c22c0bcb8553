package io.tidemark.spec;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.model.DatasetId;
import io.tidemark.model.Graph;
import io.tidemark.model.Problem;
import io.tidemark.model.Transform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LiveQueryTest {
  private static final String LINES =
      "SELECT o.order_id, o.ordered_at, p.category FROM orders AS o"
          + " LEFT JOIN products AS p ON p.product = o.product\n";
  private static final String DAILY =
      "SELECT category, window_start AS `day`, COUNT(*) AS orders"
          + " FROM TABLE(TUMBLE(TABLE lines, DESCRIPTOR(ordered_at), INTERVAL '1' DAY))"
          + " GROUP BY category, window_start, window_end";

  @TempDir Path project;

  private Graph graph(String topic, String lines) throws IOException {
    Path folder = Files.createDirectories(project.resolve("jobs/shop"));
    Files.writeString(
        folder.resolve("pipeline.yaml"),
        """
        name: shop
        datasets:
          orders:
            table: shop.orders
            kind: source
            schema: {order_id: BIGINT NOT NULL, ordered_at: TIMESTAMP(3), product: STRING}
            event_time: ordered_at
            partition: P1D
        TOPIC
          products:
            table: shop.products
            kind: reference
            schema: {product: STRING NOT NULL, category: STRING}
            key: [product]
          lines:
            {table: shop.lines, kind: derived, key: [order_id], event_time: ordered_at, partition: P1D}
          daily:
            {table: shop.daily, kind: derived, key: [category, day], event_time: day, partition: P1D}
          names: {table: shop.names, kind: derived, key: [product]}
        transforms:
          lines: {sql: lines.sql}
          daily: {sql: daily.sql}
          names: {sql: names.sql}
        """
            .replace("TOPIC\n", topic));
    Files.writeString(folder.resolve("lines.sql"), lines);
    Files.writeString(folder.resolve("daily.sql"), DAILY);
    Files.writeString(folder.resolve("names.sql"), "SELECT product FROM products");
    return ProjectReader.read(project);
  }

  @Test
  void transformsOfATopicRunLiveOneBehindTheOther() throws IOException {
    Graph graph = graph("    topic: {name: orders}\n", LINES);

    SortedMap<DatasetId, LiveQuery> queries = LiveQuery.of(graph, graph.transforms());

    assertThat(queries.get(DatasetId.of("lines")).problems()).isEmpty();
    assertThat(queries.get(DatasetId.of("lines")).text().orElseThrow())
        .isEqualTo(
            LINES
                .replace("orders AS o", "(SELECT *, PROCTIME() AS tidemark_at FROM orders) AS o")
                .replace("products AS p", "products FOR SYSTEM_TIME AS OF `o`.tidemark_at AS p"));
    assertThat(queries.get(DatasetId.of("daily")).text())
        .as("the inferred event time is a time attribute")
        .contains(DAILY);
    assertThat(queries.get(DatasetId.of("names")).problems())
        .extracting(Problem::code)
        .containsExactly("TM-SPEC-077", "TM-SQL-020");
  }

  @Test
  void whatCannotRunLiveSaysWhyAtItsTransform() throws IOException {
    Graph graph = graph("", LINES.replace("LEFT JOIN", "FULL JOIN"));
    Transform lines = graph.transformOf(DatasetId.of("lines")).orElseThrow();

    LiveQuery query = LiveQuery.of(graph, lines);

    assertThat(query.text()).isEmpty();
    assertThat(query.problems())
        .extracting(p -> p.where().orElseThrow() + " " + p.code())
        .containsExactly(lines.where() + " TM-SPEC-076", lines.where() + " TM-SQL-020");
    assertThat(LiveQuery.of(graph, List.of())).isEqualTo(Map.of());
  }
}
