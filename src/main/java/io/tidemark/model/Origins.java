package io.tidemark.model;

/**
 * Takes where rows came from: a topic's partition and the offset there. Called by several threads.
 */
@FunctionalInterface
public interface Origins {

  /**
   * @param partitions one for each row
   * @param offsets in the same order; neither is kept
   * @param count how many of both are rows
   */
  void add(int[] partitions, long[] offsets, int count);
}
