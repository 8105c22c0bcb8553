package io.tidemark.job.slice;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.TreeMap;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.util.InstantiationUtil;
import org.apache.iceberg.DataFile;

/**
 * What one task tells the committer at its end. Travels as bytes, since Flink has no serializer for
 * data files.
 */
public final class SliceReport implements Serializable {
  private static final long serialVersionUID = 1;

  /** How reports travel between tasks. */
  public static final TypeInformation<byte[]> TYPE =
      PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO;

  /** Stands in place of an input for the rows that the transform made. */
  public static final int MADE = -1;

  /** Rows read, by the position of the input. */
  final TreeMap<Integer, Long> rowsIn = new TreeMap<>();

  /** When the task started, in milliseconds since 1970. */
  final long started;

  /** Rows that belong to no slice of the job. */
  final long outside;

  final List<SliceTotals> totals;
  final List<DataFile> files;

  private SliceReport(long started, long outside, List<SliceTotals> totals, List<DataFile> files) {
    this.started = started;
    this.outside = outside;
    this.totals = List.copyOf(totals);
    this.files = List.copyOf(files);
  }

  /**
   * From a task that wrote.
   *
   * @param started in milliseconds since 1970
   * @param outside rows that belong to no slice of the job
   */
  public static SliceReport written(
      long started, long outside, List<SliceTotals> totals, List<DataFile> files) {
    return new SliceReport(started, outside, totals, files);
  }

  /**
   * From a task that read.
   *
   * @param started in milliseconds since 1970
   * @param input its position, or {@link #MADE}
   */
  public static SliceReport read(long started, int input, long rows) {
    SliceReport report = new SliceReport(started, 0, List.of(), List.of());
    report.rowsIn.put(input, rows);
    return report;
  }

  /** This report as it travels. */
  public byte[] toBytes() {
    return encode(this);
  }

  /** A report of any kind as it travels. */
  public static byte[] encode(Serializable report) {
    try {
      return InstantiationUtil.serializeObject(report);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A report of any kind. */
  public static Object decode(byte[] bytes) {
    try {
      return InstantiationUtil.deserializeObject(bytes, SliceReport.class.getClassLoader());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException("[BUG] no class of a report", e);
    }
  }
}
