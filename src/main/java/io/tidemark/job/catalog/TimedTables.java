package io.tidemark.job.catalog;

import io.tidemark.model.Layout;
import java.util.Optional;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.api.Table;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.utils.LogicalTypeChecks;

/** Bounded tables whose event time is a time attribute, as streaming queries need it. */
final class TimedTables {
  /** As fine as Flink's time attributes are. */
  private static final int MILLIS = 3;

  private TimedTables() {}

  /** The same rows; their watermark moves once, at their end. */
  static Table of(StreamTableEnvironment tables, Table read, Layout layout) {
    Optional<String> eventTime = layout.eventTime();
    RowType type =
        (RowType) read.getResolvedSchema().toPhysicalRowDataType().getLogicalType().copy(false);
    if (eventTime.isEmpty() || !isFine(type.getTypeAt(type.getFieldIndex(eventTime.get())))) {
      return read;
    }
    DataStream<RowData> rows =
        tables.toDataStream(read, DataTypes.of(type).bridgedTo(RowData.class));
    rows.getTransformation().setOutputType(InternalTypeInfo.of(type));
    Schema.Builder schema = Schema.newBuilder();
    for (RowType.RowField field : type.getFields()) {
      schema.column(field.getName(), DataTypes.of(field.getType()));
    }
    schema.watermark(eventTime.get(), "SOURCE_WATERMARK()");
    return tables.fromDataStream(rows, schema.build());
  }

  private static boolean isFine(LogicalType time) {
    return switch (time.getTypeRoot()) {
      case TIMESTAMP_WITHOUT_TIME_ZONE, TIMESTAMP_WITH_LOCAL_TIME_ZONE ->
          LogicalTypeChecks.getPrecision(time) <= MILLIS;
      default -> false;
    };
  }
}
