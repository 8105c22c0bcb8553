package io.tidemark.run;

import io.tidemark.model.Origins;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;

/**
 * Counts which of the offsets that marks speak of a source's tables hold. Takes a quarter of a byte
 * of memory for each offset. Thread-safe.
 */
public final class OffsetCounts {
  private final SortedMap<Integer, Offsets.Taken> taken;
  private final Map<Integer, Partition> partitions = new HashMap<>();

  /**
   * @param taken what marks speak of; rows of other partitions, and from later offsets, are not
   *     counted
   */
  public OffsetCounts(SortedMap<Integer, Offsets.Taken> taken) {
    this.taken = taken;
    taken.keySet().forEach(number -> partitions.put(number, new Partition()));
  }

  /**
   * What tables hold of one partition.
   *
   * @param rows from offsets that marks speak of
   * @param differentRows different offsets of them
   * @param letters dead letters from such offsets
   * @param differentLetters different offsets of them
   * @param offsets that are rows or dead letters or, once replayed, both
   * @param before offsets before the first that a mark speaks of
   */
  public record Held(
      long rows,
      long differentRows,
      long letters,
      long differentLetters,
      long offsets,
      long before) {}

  /** Takes the rows of the source's own table. */
  public Origins rows() {
    return (numbers, offsets, count) -> add(numbers, offsets, count, false);
  }

  /** Takes the rows of the table of its dead letters. */
  public Origins letters() {
    return (numbers, offsets, count) -> add(numbers, offsets, count, true);
  }

  /** What was taken until now. */
  public synchronized Held held(int partition) {
    Partition p = partitions.get(partition);
    return new Held(
        p.rows, p.ofRows.size(), p.letters, p.ofLetters.size(), p.told.size(), p.before.size());
  }

  private synchronized void add(int[] numbers, long[] offsets, int count, boolean letters) {
    for (int i = 0; i < count; i++) {
      Offsets.Taken told = taken.get(numbers[i]);
      long offset = offsets[i];
      if (told == null || offset < 0 || offset >= told.to()) {
        continue;
      }
      Partition partition = partitions.get(numbers[i]);
      if (offset < told.from()) {
        partition.before.add(offset);
      } else if (told.gaps().stream().noneMatch(g -> g.from() <= offset && offset < g.to())) {
        partition.add(offset, letters);
      }
    }
  }

  private static final class Partition {
    private final OffsetSet ofRows = new OffsetSet();
    private final OffsetSet ofLetters = new OffsetSet();
    private final OffsetSet told = new OffsetSet();
    private final OffsetSet before = new OffsetSet();
    private long rows;
    private long letters;

    void add(long offset, boolean letter) {
      told.add(offset);
      if (letter) {
        letters++;
        ofLetters.add(offset);
      } else {
        rows++;
        ofRows.add(offset);
      }
    }
  }

  /** A bit for each offset, where there are any near it. */
  private static final class OffsetSet {
    private static final int CHUNK_BITS = 16;

    private final Map<Long, BitSet> chunks = new HashMap<>();
    private long size;

    void add(long offset) {
      BitSet chunk = chunks.computeIfAbsent(offset >>> CHUNK_BITS, c -> new BitSet());
      int bit = (int) (offset & ((1 << CHUNK_BITS) - 1));
      if (!chunk.get(bit)) {
        chunk.set(bit);
        size++;
      }
    }

    long size() {
      return size;
    }
  }
}
