package io.tidemark.testing;

import io.tidemark.sdk.Transform;
import io.tidemark.sdk.TransformContext;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.CheckpointListener;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.table.api.Table;
import org.apache.flink.types.Row;
import org.apache.flink.util.Collector;

/**
 * Running totals of {@code v} per {@code k} in the order of event time, as keyed state and timers
 * make them. A row of {@code events} gives a row with its place in the topic, its id, key, time and
 * the total so far.
 */
public abstract class Totals implements Transform {
  private static final long serialVersionUID = 1;

  private final long period;

  /**
   * @param period after which totals begin anew, in milliseconds of event time
   */
  Totals(long period) {
    this.period = period;
  }

  /** Totals that begin anew every hour. */
  public static final class OfHours extends Totals {
    private static final long serialVersionUID = 1;

    public OfHours() {
      super(3_600_000);
    }
  }

  /** Totals that never begin anew. */
  public static final class OfAll extends Totals {
    private static final long serialVersionUID = 1;

    public OfAll() {
      super(Long.MAX_VALUE);
    }
  }

  /** Puts the classes where a pipeline's {@code classpath} can name them. */
  public static void copyTo(Path folder) {
    Path into = folder.resolve(Totals.class.getPackageName().replace('.', '/'));
    try {
      Files.createDirectories(into);
      for (String name :
          List.of(
              "Totals", "Totals$OfHours", "Totals$OfAll", "Totals$Running", "Fuse", "Fuse$Place")) {
        try (InputStream bytes = Totals.class.getResourceAsStream(name + ".class")) {
          Files.write(into.resolve(name + ".class"), Objects.requireNonNull(bytes).readAllBytes());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public Table apply(TransformContext context) {
    long every = period;
    DataStream<Row> totals =
        context.stream("events")
            .keyBy(row -> row.getFieldAs("k") + "/" + millis(row) / every, Types.STRING)
            .process(new Running())
            .returns(
                Types.ROW_NAMED(
                    new String[] {"kafka_partition", "kafka_offset", "id", "k", "at", "total"},
                    Types.INT,
                    Types.LONG,
                    Types.LONG,
                    Types.STRING,
                    Types.LOCAL_DATE_TIME,
                    Types.LONG))
            .uid("running-totals");
    return context.tables().fromDataStream(totals);
  }

  private static long millis(Row row) {
    return row.<LocalDateTime>getFieldAs("at").toInstant(ZoneOffset.UTC).toEpochMilli();
  }

  /** Keeps rows until their time has passed, and the total of those before for good. */
  private static final class Running extends KeyedProcessFunction<String, Row, Row>
      implements CheckpointedFunction, CheckpointListener {
    private static final long serialVersionUID = 1;

    /** Of what is kept of a row: partition, offset, id, key and value. */
    private static final Comparator<Row> ORDER =
        Comparator.<Row, Long>comparing(row -> row.getFieldAs(2))
            .thenComparing(row -> row.<Integer>getFieldAs(0), nullsFirst())
            .thenComparing(row -> row.<Long>getFieldAs(1), nullsFirst());

    private transient MapState<Long, List<Row>> waiting;
    private transient ValueState<Long> total;

    private static <T extends Comparable<T>> Comparator<T> nullsFirst() {
      return Comparator.nullsFirst(Comparator.naturalOrder());
    }

    @Override
    public void open(OpenContext context) {
      waiting =
          getRuntimeContext()
              .getMapState(
                  new MapStateDescriptor<>(
                      "waiting",
                      Types.LONG,
                      Types.LIST(
                          Types.ROW(Types.INT, Types.LONG, Types.LONG, Types.STRING, Types.LONG))));
      total = getRuntimeContext().getState(new ValueStateDescriptor<>("total", Types.LONG));
    }

    @Override
    public void processElement(Row row, Context context, Collector<Row> out) throws Exception {
      Fuse.pass(Fuse.Place.ROW);
      long at = millis(row);
      List<Row> rows = waiting.get(at);
      List<Row> more = rows == null ? new ArrayList<>() : new ArrayList<>(rows);
      more.add(
          Row.of(
              row.getFieldAs("kafka_partition"),
              row.getFieldAs("kafka_offset"),
              row.getFieldAs("id"),
              row.getFieldAs("k"),
              row.getFieldAs("v")));
      waiting.put(at, more);
      context.timerService().registerEventTimeTimer(at);
    }

    @Override
    public void onTimer(long at, OnTimerContext context, Collector<Row> out) throws Exception {
      Fuse.pass(Fuse.Place.TIMER);
      List<Row> rows = new ArrayList<>(waiting.get(at));
      rows.sort(ORDER);
      LocalDateTime time = Instant.ofEpochMilli(at).atOffset(ZoneOffset.UTC).toLocalDateTime();
      long sum = total.value() == null ? 0 : total.value();
      for (Row row : rows) {
        sum += row.<Long>getFieldAs(4);
        out.collect(
            Row.of(row.getField(0), row.getField(1), row.getField(2), row.getField(3), time, sum));
      }
      total.update(sum);
      waiting.remove(at);
    }

    @Override
    public void snapshotState(FunctionSnapshotContext context) {
      Fuse.pass(Fuse.Place.CHECKPOINT);
    }

    @Override
    public void initializeState(FunctionInitializationContext context) {
      // All of it is keyed.
    }

    @Override
    public void notifyCheckpointComplete(long checkpoint) {
      Fuse.pass(Fuse.Place.COMPLETE);
    }
  }
}
