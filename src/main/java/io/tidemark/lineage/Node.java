package io.tidemark.lineage;

import io.tidemark.model.DatasetId;
import java.util.Comparator;
import java.util.Objects;
import java.util.Optional;

/**
 * A dataset, or one column of it.
 *
 * @param column empty for the dataset as a whole: any of its columns, and which rows it has
 */
public record Node(DatasetId dataset, Optional<String> column) implements Comparable<Node> {
  private static final Comparator<Node> ORDER =
      Comparator.comparing(Node::dataset).thenComparing(n -> n.column().orElse(""));

  public Node {
    Objects.requireNonNull(dataset, "dataset");
    Objects.requireNonNull(column, "column");
  }

  public static Node of(DatasetId dataset) {
    return new Node(dataset, Optional.empty());
  }

  public static Node of(DatasetId dataset, String column) {
    return new Node(dataset, Optional.of(column));
  }

  @Override
  public int compareTo(Node other) {
    return ORDER.compare(this, other);
  }

  /** {@code dataset} or {@code dataset.column}. */
  @Override
  public String toString() {
    return column.map(c -> dataset + "." + c).orElse(dataset.value());
  }
}
