package io.tidemark;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.model.DatasetId;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.Graph;
import io.tidemark.spec.LiveQuery;
import io.tidemark.spec.ProjectReader;
import io.tidemark.testing.OrdersProject;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What jobs/orders says of itself: that it can run live, and what its fix changes. */
class OrdersPipelineTest {
  private static final DatasetId VALUES = DatasetId.of("order_values");

  @TempDir Path folder;

  @Test
  void everyTransformRunsLiveAndTheFixChangesNothingButEuros() {
    OrdersProject project = OrdersProject.copyTo(folder);
    Graph shipped = ProjectReader.read(folder);
    project.useFirstVersion();
    Graph first = ProjectReader.read(folder);

    assertThat(LiveQuery.of(first, first.transforms()).values())
        .hasSize(3)
        .allSatisfy(query -> assertThat(query.problems()).isEmpty());
    Map<String, Fingerprint> before = columns(first);
    Map<String, Fingerprint> after = columns(shipped);
    assertThat(after.keySet()).isEqualTo(before.keySet());
    assertThat(after.keySet())
        .filteredOn(c -> !after.get(c).equals(before.get(c)))
        .containsExactly("euros");
    assertThat(shipped.changes()).extracting(c -> c.name()).containsExactly("fx-fix");
  }

  private static Map<String, Fingerprint> columns(Graph graph) {
    return new TreeMap<>(graph.transformOf(VALUES).orElseThrow().analysis().columns());
  }
}
