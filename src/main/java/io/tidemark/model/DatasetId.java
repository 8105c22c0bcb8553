package io.tidemark.model;

/**
 * The name of a dataset inside a graph, as SQL reads it: letters, digits and underscore, at most
 * 128 characters, not starting with a digit. Names of the same letters in another case are other
 * datasets.
 */
public record DatasetId(String value) implements Comparable<DatasetId> {
  public DatasetId {
    Names.requireIdentifier("dataset", value);
  }

  public static DatasetId of(String value) {
    return new DatasetId(value);
  }

  @Override
  public int compareTo(DatasetId other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
