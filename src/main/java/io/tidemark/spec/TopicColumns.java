package io.tidemark.spec;

import io.tidemark.model.Column;
import io.tidemark.model.Dataset.Kind;
import io.tidemark.model.Location;
import io.tidemark.model.Schema;
import io.tidemark.model.Topic;
import io.tidemark.spec.Drafts.ColumnDraft;
import io.tidemark.spec.Drafts.DatasetDraft;
import io.tidemark.spec.sql.SqlTypes;
import io.tidemark.spec.yaml.Located;
import io.tidemark.spec.yaml.Problems;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What a topic asks of its source: an event time that can carry a watermark, and the columns that
 * say where each row comes from, which are added.
 */
final class TopicColumns {
  private static final List<Column> ADDED =
      List.of(
          Column.nullable(Topic.TOPIC_COLUMN, "STRING"),
          Column.nullable(Topic.PARTITION_COLUMN, "INT"),
          Column.nullable(Topic.OFFSET_COLUMN, "BIGINT"),
          Column.nullable(Topic.TIME_COLUMN, "TIMESTAMP_LTZ(6)"));

  private final Problems problems;

  TopicColumns(Problems problems) {
    this.problems = problems;
  }

  /** The dataset's columns; those of a source with a topic have the topic's at their end. */
  Schema complete(DatasetDraft draft, List<Column> columns) {
    if (draft.topic().isEmpty()) {
      return new Schema(columns);
    }
    Located<Topic> topic = draft.topic().get();
    if (draft.kind() != Kind.SOURCE) {
      problems.add(
          topic.where(),
          "TM-SPEC-070",
          "a " + draft.kind().name().toLowerCase(Locale.ROOT) + " dataset cannot have a topic",
          draft.kind() == Kind.DERIVED
              ? "its rows come from its transform"
              : "a reference is read whole, at a snapshot, and replaced whole",
          "put 'topic:' on a dataset of kind source");
      return new Schema(columns);
    }
    List<Column> all = new ArrayList<>(columns);
    if (draft.columns().isEmpty()) {
      all.replaceAll(c -> inMilliseconds(draft, c));
    }
    eventTime(draft, all, topic.where());
    for (Column column : ADDED) {
      Optional<Column> there =
          columns.stream().filter(c -> c.name().equals(column.name())).findFirst();
      Optional<Location> declared = declared(draft, column.name());
      if (there.isEmpty()) {
        all.add(column);
      } else if (declared.isPresent() || !there.get().equals(column)) {
        problems.add(
            declared.orElse(topic.where()),
            "TM-SPEC-073",
            "column '" + column.name() + "' is one of a topic's own",
            "a source with a topic has the columns kafka_topic, kafka_partition, kafka_offset and"
                + " kafka_time, which say where each row comes from",
            declared.isPresent()
                ? "remove it from the schema, or rename it"
                : "the table has it as " + there.get().sqlType() + "; name another table");
      }
    }
    return new Schema(all);
  }

  /** A table cannot say that its event time has milliseconds; that it has a topic does. */
  private static Column inMilliseconds(DatasetDraft draft, Column column) {
    boolean eventTime =
        draft.layout().eventTime().filter(t -> t.value().equals(column.name())).isPresent();
    return eventTime && column.type().matches("TIMESTAMP(_LTZ)?\\(6\\)")
        ? new Column(column.name(), column.type().replace("6", "3"), column.nullability())
        : column;
  }

  private void eventTime(DatasetDraft draft, List<Column> columns, Location topic) {
    if (draft.layout().eventTime().isEmpty()) {
      problems.add(
          topic,
          "TM-SPEC-071",
          "source '" + draft.id().value() + "' has a topic but no event time",
          "slices close when the events' time has passed their end",
          "add 'event_time:' with a column of type TIMESTAMP(3) or TIMESTAMP_LTZ(3)");
      return;
    }
    Located<String> eventTime = draft.layout().eventTime().get();
    columns.stream()
        .filter(c -> c.name().equals(eventTime.value()) && !SqlTypes.isTimeAttribute(c))
        .filter(c -> c.type().equals("DATE") || c.type().startsWith("TIMESTAMP"))
        .forEach(
            c ->
                problems.add(
                    eventTime.where(),
                    "TM-SPEC-072",
                    "event time '" + c.name() + "' of a source with a topic is " + c.type(),
                    "live queries have it as a time attribute, which Flink keeps in milliseconds",
                    "declare it as "
                        + (c.type().startsWith("TIMESTAMP_LTZ")
                            ? "TIMESTAMP_LTZ(3)"
                            : "TIMESTAMP(3)")
                        + "; the table holds it like any other time"));
  }

  private static Optional<Location> declared(DatasetDraft draft, String column) {
    return draft.columns().stream()
        .flatMap(List::stream)
        .map(ColumnDraft::name)
        .filter(n -> n.value().equals(column))
        .map(Located::where)
        .findFirst();
  }
}
