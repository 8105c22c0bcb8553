package io.tidemark.model;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Versioned code from input datasets to one output dataset. Named by its output.
 *
 * @param window how much input around a slice it reads
 * @param analysis what the planner or the byte code says of the logic
 * @param following the inputs whose tables its live job follows; changes nothing of the result
 */
public record Transform(
    DatasetId output,
    Logic logic,
    List<DatasetId> inputs,
    Window window,
    String label,
    Analysis analysis,
    Location where,
    Optional<Following> following) {

  /** Derived datasets that other live jobs make; what is not named is taken as it is made. */
  public record Following(List<DatasetId> tables) {
    public Following {
      tables = List.copyOf(tables);
    }
  }

  public Transform {
    Objects.requireNonNull(output, "output");
    Objects.requireNonNull(logic, "logic");
    inputs = List.copyOf(inputs);
    Objects.requireNonNull(window, "window");
    Objects.requireNonNull(label, "label");
    Objects.requireNonNull(analysis, "analysis");
    Objects.requireNonNull(where, "where");
    Objects.requireNonNull(following, "following");
  }

  /** That follows no table. */
  public Transform(
      DatasetId output,
      Logic logic,
      List<DatasetId> inputs,
      Window window,
      String label,
      Analysis analysis,
      Location where) {
    this(output, logic, inputs, window, label, analysis, where, Optional.empty());
  }

  /** Whether its live job follows the table of this input. */
  public boolean follows(DatasetId input) {
    return following.filter(f -> f.tables().contains(input)).isPresent();
  }

  /**
   * A slice {@code [from, to)} of the output is a function of the input rows with event time in
   * {@code [from - lookback, to + lookahead)} and of nothing else. Neither is negative.
   */
  public record Window(Duration lookback, Duration lookahead) {
    public static final Window EXACT = new Window(Duration.ZERO, Duration.ZERO);

    public Window {
      if (lookback.isNegative() || lookahead.isNegative()) {
        throw new IllegalArgumentException("Cannot look back or ahead by a negative time");
      }
    }
  }

  /** The code itself. */
  public sealed interface Logic {}

  /** One Flink SQL query that reads its inputs by their dataset names. */
  public record Sql(String query) implements Logic {}

  /** A class that implements the sdk's {@code Transform}, with the jars or folders that hold it. */
  public record JavaClass(String className, List<String> classpath) implements Logic {}
}
