package io.tidemark.job.live;

import io.tidemark.job.catalog.IcebergCatalogs;
import io.tidemark.job.slice.EventTime;
import io.tidemark.job.slice.TimeFilter;
import io.tidemark.model.DatasetId;
import io.tidemark.model.JobSpec;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.model.TimeRanges;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.RowType;
import org.apache.iceberg.Table;
import org.apache.iceberg.flink.FlinkSchemaUtil;
import org.apache.iceberg.flink.source.IcebergSource;
import org.apache.iceberg.flink.source.assigner.SimpleSplitAssignerFactory;

/** Rows that a table holds at the start of the job and that open slices are made from. */
record History(
    DataStream<RowData> rows,
    EventTime time,
    DataStream<byte[]> reports,
    DataStream<long[]> pulses) {

  /**
   * Of a source's table; of a source that has a snapshot and whose history is needed. Of a followed
   * one only what has closed: the rest comes when it does.
   */
  static History ofSource(
      StreamExecutionEnvironment env,
      JobSpec.CatalogSpec spec,
      LiveSpec.Source source,
      Table table,
      SourceRows typed,
      int stream) {
    Instant end =
        source.nextSlice().map(source.dataset().layout().slice()::start).orElse(Instant.MAX);
    TimeRange range = new TimeRange(source.historyFrom().orElseThrow(), end);
    return of(
        env,
        source.dataset().id(),
        spec,
        source.dataset().table(),
        table,
        source.snapshot(),
        typed,
        range,
        stream);
  }

  /** Of a task's output, as it was when the order was made; empty if it held nothing. */
  static Optional<History> ofTask(
      StreamExecutionEnvironment env,
      JobSpec.CatalogSpec spec,
      LiveSpec.Task task,
      Table table,
      SourceRows typed,
      TimeRange range,
      int stream) {
    JobSpec.Output output = task.output();
    return task.snapshot() == 0
        ? Optional.empty()
        : Optional.of(
            of(
                env,
                output.name(),
                spec,
                output.table(),
                table,
                task.snapshot(),
                typed,
                range,
                stream));
  }

  private static History of(
      StreamExecutionEnvironment env,
      DatasetId name,
      JobSpec.CatalogSpec spec,
      TableRef ref,
      Table table,
      long snapshot,
      SourceRows typed,
      TimeRange range,
      int stream) {
    if (table.snapshot(snapshot) == null) {
      throw TidemarkException.external(
          Problem.of(
              "TM-LIVE-003",
              "snapshot " + snapshot + " of " + ref + " has expired",
              "the history that open slices are made from can no longer be read",
              "start the job again"),
          null);
    }
    String column = typed.eventTime().orElseThrow();
    RowType held = FlinkSchemaUtil.convert(table.schema());
    IcebergSource<RowData> scan =
        IcebergSource.forRowData()
            .tableLoader(IcebergCatalogs.tableLoader(spec, ref))
            .table(table)
            .assignerFactory(new SimpleSplitAssignerFactory())
            .useSnapshotId(snapshot)
            .filters(List.of(TimeFilter.of(table.schema(), column, TimeRanges.of(range))))
            .build();
    SingleOutputStreamOperator<RowData> rows =
        env.fromSource(
                scan,
                WatermarkStrategy.noWatermarks(),
                "read history of " + name,
                InternalTypeInfo.of(held))
            .uid("history/" + name)
            .transform(
                "history of " + name,
                InternalTypeInfo.of(typed.type()),
                new HistoryReader(name, stream, held))
            .uid("history-end/" + name);
    return new History(
        rows,
        typed.time(),
        rows.getSideOutput(HistoryReader.REPORTS),
        rows.getSideOutput(HistoryReader.PULSES));
  }

  /**
   * What one task needs of it.
   *
   * @param from event time in microseconds
   */
  DataStream<RowData> from(DatasetId task, DatasetId input, long from) {
    EventTime event = time;
    return rows.filter(row -> event.micros(row) >= from)
        .name("history of " + input + " for " + task)
        .uid("history/" + task + "/" + input);
  }
}
