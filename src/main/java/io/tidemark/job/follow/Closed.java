package io.tidemark.job.follow;

import io.tidemark.job.slice.EventTime;
import io.tidemark.model.Grain;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.util.InstantiationUtil;
import org.apache.iceberg.CombinedScanTask;

/**
 * Slices of a followed table that have closed since the last look, and how to read them. Without
 * any, only the snapshot is news.
 *
 * @param snapshot that they are read from
 * @param from ordinal of the first; {@link #NONE} for all before {@code to}
 * @param to ordinal of the first slice that is open; {@link #NONE} if none has closed yet
 * @param scans what is to be read, each by one reader
 * @param rows that they hold; -1 if that takes reading
 */
public record Closed(
    long snapshot, long from, long to, ArrayList<CombinedScanTask> scans, long rows)
    implements Serializable {
  private static final long serialVersionUID = 1;

  /** No slice. */
  public static final long NONE = Long.MIN_VALUE;

  /** What one reader reads, as it travels. */
  record Part(long from, long to, CombinedScanTask scan) implements Serializable {
    private static final long serialVersionUID = 1;

    static Part of(byte[] bytes) {
      return read(bytes, Part.class);
    }
  }

  /** Up to where a table is read, in microseconds, if this slice is its first open one. */
  public static long complete(Grain grain, long open) {
    return open == NONE ? Long.MIN_VALUE : EventTime.start(grain, open);
  }

  /** As it travels to who deals out the parts. */
  public byte[] toBytes() {
    return bytes(this);
  }

  /** Reads what {@link #toBytes} wrote. */
  public static Closed of(byte[] bytes) {
    return read(bytes, Closed.class);
  }

  /** The parts, as {@link SliceScan} takes them. */
  public List<byte[]> parts() {
    return scans.stream().map(scan -> bytes(new Part(from, to, scan))).toList();
  }

  private static byte[] bytes(Object object) {
    try {
      return InstantiationUtil.serializeObject(object);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static <T> T read(byte[] bytes, Class<T> type) {
    try {
      Object object = InstantiationUtil.deserializeObject(bytes, Closed.class.getClassLoader());
      return type.cast(object);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException("[BUG] no class of what is to be read", e);
    }
  }
}
