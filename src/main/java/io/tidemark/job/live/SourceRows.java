package io.tidemark.job.live;

import io.tidemark.job.slice.EventTime;
import io.tidemark.job.slice.Rows;
import io.tidemark.model.Column;
import io.tidemark.model.Dataset;
import io.tidemark.model.Schema;
import io.tidemark.model.Topic;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.flink.table.types.logical.LocalZonedTimestampType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.TimestampType;
import org.apache.flink.table.types.logical.utils.LogicalTypeChecks;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;
import org.apache.iceberg.Table;
import org.apache.iceberg.flink.FlinkSchemaUtil;

/**
 * What a dataset's rows look like inside a live job: the columns of its table, in order, all
 * nullable, timestamps as fine as they are declared, so that they can be time attributes.
 */
final class SourceRows implements Serializable {
  private static final long serialVersionUID = 1;

  private static final Set<String> ORIGIN =
      Set.of(Topic.TOPIC_COLUMN, Topic.PARTITION_COLUMN, Topic.OFFSET_COLUMN, Topic.TIME_COLUMN);

  private final RowType type;
  private final String eventTime;
  private final Set<String> required;

  private SourceRows(RowType type, Optional<String> eventTime, Set<String> required) {
    this.type = type;
    this.eventTime = eventTime.orElse(null);
    this.required = required;
  }

  static SourceRows of(Dataset dataset, Table table) {
    return of(dataset.schema(), dataset.layout().eventTime(), table.schema());
  }

  static SourceRows of(Schema schema, Optional<String> eventTime, org.apache.iceberg.Schema held) {
    List<RowType.RowField> fields = new ArrayList<>();
    for (RowType.RowField field : FlinkSchemaUtil.convert(held).getFields()) {
      LogicalType type =
          schema
              .find(field.getName())
              .map(c -> asDeclared(field.getType(), c))
              .orElse(field.getType())
              .copy(true);
      fields.add(new RowType.RowField(field.getName(), type));
    }
    Set<String> required = new HashSet<>();
    schema.columns().stream()
        .filter(c -> c.nullability() == Column.Nullability.REQUIRED)
        .map(Column::name)
        .filter(name -> !ORIGIN.contains(name))
        .forEach(required::add);
    eventTime.ifPresent(required::add);
    return new SourceRows(new RowType(fields), eventTime, required);
  }

  private static LogicalType asDeclared(LogicalType held, Column column) {
    LogicalType declared =
        LogicalTypeParser.parse(column.type(), SourceRows.class.getClassLoader());
    if (!declared.getTypeRoot().equals(held.getTypeRoot())) {
      return held;
    }
    return switch (held.getTypeRoot()) {
      case TIMESTAMP_WITHOUT_TIME_ZONE ->
          new TimestampType(LogicalTypeChecks.getPrecision(declared));
      case TIMESTAMP_WITH_LOCAL_TIME_ZONE ->
          new LocalZonedTimestampType(LogicalTypeChecks.getPrecision(declared));
      default -> held;
    };
  }

  RowType type() {
    return type;
  }

  /** As sinks take them. */
  Rows rows() {
    return new Rows(type, Optional.ofNullable(eventTime), 0);
  }

  /** Empty without event time. */
  Optional<String> eventTime() {
    return Optional.ofNullable(eventTime);
  }

  /**
   * @throws IllegalStateException without event time
   */
  EventTime time() {
    if (eventTime == null) {
      throw new IllegalStateException("[BUG] no event time to read");
    }
    int index = type.getFieldIndex(eventTime);
    return new EventTime(index, type.getTypeAt(index));
  }

  /** Whether event time can be a time attribute of Flink's, which has milliseconds. */
  boolean isTimeAttribute() {
    if (eventTime == null) {
      return false;
    }
    LogicalType time = type.getTypeAt(type.getFieldIndex(eventTime));
    return switch (time.getTypeRoot()) {
      case TIMESTAMP_WITHOUT_TIME_ZONE, TIMESTAMP_WITH_LOCAL_TIME_ZONE ->
          LogicalTypeChecks.getPrecision(time) <= 3;
      default -> false;
    };
  }

  /** Whether rows say which message of a topic they are. */
  boolean isFromTopic() {
    return type.getFieldIndex(Topic.OFFSET_COLUMN) >= 0;
  }

  /** Whether a message has to bring the column. */
  boolean isRequired(String column) {
    return required.contains(column);
  }

  /** Whether the column says where a row comes from, and is none of the message. */
  static boolean isOrigin(String column) {
    return ORIGIN.contains(column);
  }
}
