package io.tidemark.job.slice;

import io.tidemark.model.Grain;
import io.tidemark.model.JobSpec;
import io.tidemark.model.SliceSet;
import java.util.List;
import java.util.Optional;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.dag.Transformation;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.transformations.PartitionTransformation;
import org.apache.flink.streaming.runtime.partitioner.BroadcastPartitioner;
import org.apache.flink.streaming.runtime.partitioner.ForwardPartitioner;
import org.apache.flink.table.data.RowData;
import org.apache.iceberg.PartitionKey;
import org.apache.iceberg.Table;
import org.apache.iceberg.flink.RowDataWrapper;

/**
 * Writes rows as slices of a table: measured and written in parallel, committed once. Memory does
 * not grow with the number of partitions: a task holds at most {@link #MAX_OPEN} files open, and
 * where rows would come from more partitions at a time they are sorted by partition first, by
 * Flink's batch sort with its managed memory and spilling.
 */
public final class SliceSink {
  static final int MAX_OPEN = 16;

  private final Table table;
  private final Rows rows;
  private final JobSpec.Output output;

  /**
   * @param table serializable
   */
  public SliceSink(Table table, Rows rows, JobSpec.Output output) {
    this.table = table;
    this.rows = rows;
    this.output = output;
  }

  /** Writes the output's slices; drops and counts other rows. */
  public DataStream<byte[]> write(DataStream<RowData> stream, Order order) {
    return write(
        stream, order, SliceWriter.ofSlices(table, rows, output, open(order, partitions())));
  }

  /** Writes every row, whatever its slice. */
  public DataStream<byte[]> writeAnything(DataStream<RowData> stream, Order order) {
    return write(stream, order, SliceWriter.ofAnything(table, rows, output, open(order, MAX_OPEN)));
  }

  private DataStream<byte[]> write(DataStream<RowData> stream, Order order, SliceWriter writer) {
    return order == Order.ANY
        ? stream
            .keyBy(new PartitionOf(table, rows), Types.LONG)
            .transform("write slices", SliceReport.TYPE, writer)
        : stream.transform("write slices", SliceReport.TYPE, writer);
  }

  /** Commits once, at the end of all input. */
  public static void commit(
      DataStream<byte[]> written,
      List<DataStream<byte[]>> counts,
      OneInputStreamOperator<byte[], byte[]> committer) {
    DataStream<byte[]> reports = written;
    for (DataStream<byte[]> count : counts) {
      reports = reports.union(count);
    }
    reports
        .transform("commit", SliceReport.TYPE, committer)
        .setParallelism(1)
        .setMaxParallelism(1)
        .sinkTo(new DiscardingSink<>())
        .name("end")
        .setParallelism(1);
  }

  /** In which order rows reach the writer. */
  public enum Order {
    /** A few partitions at a time. */
    GROUPED,
    /** Anyhow. */
    ANY
  }

  private static int open(Order order, long partitions) {
    return order == Order.ANY ? 1 : (int) Math.max(1, Math.min(MAX_OPEN, partitions));
  }

  /**
   * Whether rows can be written as they come.
   *
   * @param input the partition of the table they are read from, if they keep its order
   */
  public Order order(DataStream<RowData> stream, Optional<Grain> input) {
    boolean few = partitions() <= MAX_OPEN;
    boolean local =
        input.isPresent()
            && hours(input.get()) / hours(output.layout().partition()) <= MAX_OPEN / 2
            && !isShuffled(stream.getTransformation());
    return few || (local && isCutByTimeAlone()) ? Order.GROUPED : Order.ANY;
  }

  private boolean isCutByTimeAlone() {
    return table.spec().isUnpartitioned()
        || (table.spec().fields().size() == 1 && timePartition().isPresent());
  }

  private Optional<TimePartition> timePartition() {
    return output
        .layout()
        .eventTime()
        .flatMap(c -> TimePartition.of(table.spec(), table.schema(), c));
  }

  /** How many partitions the output's slices have; a great many if nobody knows. */
  private long partitions() {
    if (table.spec().isUnpartitioned()) {
      return 1;
    } else if (!isCutByTimeAlone() || output.slices().grain() == Grain.ALL) {
      return Long.MAX_VALUE;
    }
    Grain grain = timePartition().orElseThrow().grain();
    return SliceSet.covering(grain, output.slices().ranges()).count();
  }

  private static double hours(Grain grain) {
    return switch (grain) {
      case HOUR -> 1;
      case DAY -> 24;
      case MONTH -> 31 * 24;
      case YEAR -> 366 * 24;
      case ALL -> Double.POSITIVE_INFINITY;
    };
  }

  /** Whether rows change tasks between the scan and here, other than by being broadcast. */
  private static boolean isShuffled(Transformation<?> transformation) {
    if (transformation instanceof PartitionTransformation<?> partition
        && !(partition.getPartitioner() instanceof ForwardPartitioner)
        && !(partition.getPartitioner() instanceof BroadcastPartitioner)) {
      return true;
    }
    return transformation.getInputs().stream().anyMatch(SliceSink::isShuffled);
  }

  /** A number for a row's partition; rows of equal numbers come one after the other. */
  private static final class PartitionOf implements KeySelector<RowData, Long> {
    private static final long serialVersionUID = 1;

    private final Table table;
    private final Rows rows;
    private final EventTime time;
    private final Grain grain;
    private transient PartitionKey key;
    private transient RowDataWrapper wrapper;

    PartitionOf(Table table, Rows rows) {
      this.table = table;
      this.rows = rows;
      Optional<TimePartition> partition = TimePartition.only(table, rows);
      this.time = partition.map(p -> rows.time()).orElse(null);
      this.grain = partition.map(TimePartition::grain).orElse(Grain.ALL);
    }

    @Override
    public Long getKey(RowData row) {
      if (time != null) {
        return time.isMissing(row) ? Long.MIN_VALUE : EventTime.ordinal(grain, time.micros(row));
      }
      if (key == null) {
        key = new PartitionKey(table.spec(), table.schema());
        wrapper = new RowDataWrapper(rows.columns(), table.schema().asStruct());
      }
      key.partition(wrapper.wrap(row));
      return (long) key.toPath().hashCode();
    }
  }
}
