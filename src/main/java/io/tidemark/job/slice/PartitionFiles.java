package io.tidemark.job.slice;

import io.tidemark.model.Grain;
import io.tidemark.model.log.LogLine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.PartitionKey;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.flink.RowDataWrapper;
import org.apache.iceberg.flink.sink.FlinkFileWriterFactory;
import org.apache.iceberg.io.FileWriterFactory;
import org.apache.iceberg.io.OutputFileFactory;
import org.apache.iceberg.io.RollingDataWriter;
import org.apache.iceberg.util.PropertyUtil;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the rows of one task into data files, one per partition and more where they grow large,
 * with a bounded number open at a time: the partition written to longest ago is closed first, and
 * gets another file if its rows come again. Rows should come grouped by partition, or from few
 * partitions at a time. Not thread-safe.
 */
public final class PartitionFiles {
  private static final Logger LOG = LoggerFactory.getLogger(PartitionFiles.class);
  private static final long OPEN_BYTES = 256L << 20;
  private static final long LEAST_ROW_GROUP = 8L << 20;

  private final Table table;
  private final FileWriterFactory<RowData> files;
  private final OutputFileFactory names;
  private final long targetBytes;
  private final int maxOpen;
  private final PartitionKey key;
  private final RowDataWrapper wrapper;
  private final LinkedHashMap<PartitionKey, RollingDataWriter<RowData>> open =
      new LinkedHashMap<>(16, 0.75f, true);
  private final List<DataFile> done = new ArrayList<>();

  private RollingDataWriter<RowData> current;
  private PartitionKey currentKey;
  private int mostOpen;

  /** When the spec cuts nothing but event time: how, and the current partition in microseconds. */
  private final EventTime time;

  private final Grain grain;
  private long from = 1;
  private long to;

  /**
   * @param rows what the rows look like: the table's columns first, in order
   * @param branch that the files are written for: part of their names, so that what a job that died
   *     left behind can be told from everybody else's
   * @param maxOpen how many files may be open at a time
   */
  public PartitionFiles(
      Table table, Rows rows, String branch, int subtask, int attempt, int maxOpen) {
    this.table = table;
    RowType type = rows.columns();
    Optional<TimePartition> partition = TimePartition.only(table, rows);
    this.time = partition.map(p -> rows.time()).orElse(null);
    this.grain = partition.map(TimePartition::grain).orElse(Grain.ALL);
    this.maxOpen = maxOpen;
    FileFormat format =
        FileFormat.fromString(
            table
                .properties()
                .getOrDefault(
                    TableProperties.DEFAULT_FILE_FORMAT,
                    TableProperties.DEFAULT_FILE_FORMAT_DEFAULT));
    Map<String, String> properties = new HashMap<>();
    long rowGroup =
        PropertyUtil.propertyAsLong(
            table.properties(),
            TableProperties.PARQUET_ROW_GROUP_SIZE_BYTES,
            TableProperties.PARQUET_ROW_GROUP_SIZE_BYTES_DEFAULT);
    long share = Math.max(LEAST_ROW_GROUP, OPEN_BYTES / maxOpen);
    properties.put(
        TableProperties.PARQUET_ROW_GROUP_SIZE_BYTES, Long.toString(Math.min(rowGroup, share)));
    this.files =
        new FlinkFileWriterFactory.Builder(table)
            .dataFileFormat(format)
            .dataSchema(table.schema())
            .dataFlinkType(type)
            .writerProperties(properties)
            .build();
    this.names =
        OutputFileFactory.builderFor(table, subtask, attempt)
            .format(format)
            .operationId(branch + "-" + UUID.randomUUID())
            .build();
    this.targetBytes =
        PropertyUtil.propertyAsLong(
            table.properties(),
            TableProperties.WRITE_TARGET_FILE_SIZE_BYTES,
            TableProperties.WRITE_TARGET_FILE_SIZE_BYTES_DEFAULT);
    this.key = new PartitionKey(table.spec(), table.schema());
    this.wrapper = new RowDataWrapper(type, table.schema().asStruct());
  }

  /**
   * Writes a row into the file of its partition; keeps no reference to the row.
   *
   * @throws java.io.UncheckedIOException if a file cannot be written
   */
  public void write(RowData row) {
    if (table.spec().isUnpartitioned()) {
      if (current == null) {
        current = newWriter(null);
      }
    } else if (time == null) {
      key.partition(wrapper.wrap(row));
      enter();
    } else {
      long micros = time.micros(row);
      if (micros < from || micros >= to) {
        long ordinal = EventTime.ordinal(grain, micros);
        from = EventTime.start(grain, ordinal);
        to = EventTime.end(grain, ordinal);
        // Not by Iceberg's transform, which before 1970 puts some microseconds into the unit
        // before.
        key.set(0, Math.toIntExact(ordinal));
        enter();
      }
    }
    current.write(row);
  }

  private void enter() {
    if (key.equals(currentKey)) {
      return;
    }
    RollingDataWriter<RowData> writer = open.get(key);
    if (writer == null) {
      if (open.size() >= maxOpen) {
        Map.Entry<PartitionKey, RollingDataWriter<RowData>> eldest =
            open.entrySet().iterator().next();
        open.remove(eldest.getKey());
        finish(eldest.getValue());
      }
      currentKey = key.copy();
      writer = newWriter(currentKey);
      open.put(currentKey, writer);
      mostOpen = Math.max(mostOpen, open.size());
    } else {
      currentKey = key.copy();
    }
    current = writer;
  }

  private RollingDataWriter<RowData> newWriter(PartitionKey partition) {
    return new RollingDataWriter<>(files, names, table.io(), targetBytes, table.spec(), partition);
  }

  private void finish(RollingDataWriter<RowData> writer) {
    try {
      writer.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    done.addAll(writer.result().dataFiles());
  }

  /** The most files that were open at a time. */
  int mostOpen() {
    return mostOpen;
  }

  /** Closes what is open and says what was written. */
  public List<DataFile> complete() {
    if (table.spec().isUnpartitioned() && current != null) {
      finish(current);
    }
    open.values().forEach(this::finish);
    open.clear();
    current = null;
    currentKey = null;
    return done;
  }

  /** Closes and deletes everything written so far; never throws. */
  public void abort() {
    List<RollingDataWriter<RowData>> writers = new ArrayList<>(open.values());
    if (table.spec().isUnpartitioned() && current != null) {
      writers.add(current);
    }
    for (RollingDataWriter<RowData> writer : writers) {
      try {
        finish(writer);
      } catch (RuntimeException e) {
        LOG.warn(LogLine.of("file-not-closed").because(e).toString());
      }
    }
    done.forEach(file -> delete(file.location()));
    open.clear();
    current = null;
  }

  private void delete(String location) {
    try {
      table.io().deleteFile(location);
    } catch (RuntimeException e) {
      LOG.warn(LogLine.of("file-left").with("file", location).because(e).toString());
    }
  }
}
