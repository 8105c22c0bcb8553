package io.tidemark.spec;

import io.tidemark.model.Column;
import io.tidemark.model.Dataset;
import io.tidemark.model.Dataset.Kind;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Governance;
import io.tidemark.model.Grain;
import io.tidemark.model.Layout;
import io.tidemark.model.Location;
import io.tidemark.model.NearestName;
import io.tidemark.model.Schema;
import io.tidemark.model.Topic;
import io.tidemark.spec.Drafts.ColumnDraft;
import io.tidemark.spec.Drafts.DatasetDraft;
import io.tidemark.spec.Drafts.ExpectationDraft;
import io.tidemark.spec.Drafts.LayoutDraft;
import io.tidemark.spec.sql.SqlTypes;
import io.tidemark.spec.yaml.Located;
import io.tidemark.spec.yaml.Problems;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Makes datasets of what the YAML says and, where it is silent, of what the query gives. */
final class DatasetBuilder {
  private final Problems problems;

  DatasetBuilder(Problems problems) {
    this.problems = problems;
  }

  /** The declared columns; empty if a type cannot be read, which is then a problem. */
  Optional<List<Column>> columns(List<ColumnDraft> drafts) {
    List<Column> columns = new ArrayList<>();
    for (ColumnDraft draft : drafts) {
      try {
        columns.add(SqlTypes.column(draft.name().value(), draft.type().value()));
      } catch (SqlTypes.TypeException e) {
        problems.add(
            draft.type().where(),
            "TM-SPEC-013",
            "column '"
                + draft.name().value()
                + "' cannot have the type "
                + draft.type().value().replaceAll("\\s+", " "),
            e.getMessage(),
            "write a Flink SQL type that Iceberg holds exactly, such as BIGINT, STRING, DOUBLE,"
                + " DECIMAL(10, 2), DATE, TIMESTAMP(6) or TIMESTAMP_LTZ(6), with NOT NULL if so");
      } catch (IllegalArgumentException e) {
        problems.add(
            draft.name().where(), "TM-SPEC-013", e.getMessage(), "", "give the column a name");
      }
    }
    return columns.size() == drafts.size() ? Optional.of(columns) : Optional.empty();
  }

  /** Checks everything that needs only the columns; always gives the dataset, right or wrong. */
  Dataset build(DatasetDraft draft, List<Column> columns) {
    Schema schema = new TopicColumns(problems).complete(draft, columns);
    key(draft, schema);
    Layout layout = layout(draft, schema);
    Optional<Topic> topic = draft.topic().map(Located::value);
    for (ExpectationDraft expectation : draft.governance().expectations()) {
      expectation.columns().forEach(c -> exists(c, draft.id().value(), schema));
    }
    return new Dataset(
        DatasetId.of(draft.id().value()),
        draft.kind(),
        draft.table().value(),
        schema,
        draft.key().stream().map(Located::value).toList(),
        layout,
        new Governance(
            draft.governance().tier(),
            draft.governance().owner(),
            draft.governance().description(),
            draft.governance().expectations().stream().map(ExpectationDraft::expectation).toList()),
        topic);
  }

  boolean exists(Located<String> column, String dataset, Schema schema) {
    if (schema.find(column.value()).isPresent()) {
      return true;
    }
    problems.add(
        column.where(),
        "TM-SPEC-014",
        "dataset '" + dataset + "' has no column '" + column.value() + "'",
        "",
        NearestName.hint(column.value(), schema.names()));
    return false;
  }

  private void key(DatasetDraft draft, Schema schema) {
    Set<String> seen = new HashSet<>();
    for (Located<String> column : draft.key()) {
      if (!seen.add(column.value())) {
        problems.add(
            column.where(),
            "TM-SPEC-015",
            "key column '" + column.value() + "' is there twice",
            "",
            "remove one of them");
      } else if (exists(column, draft.id().value(), schema)) {
        String type = schema.find(column.value()).orElseThrow().type();
        if (type.startsWith("ROW") || type.startsWith("ARRAY") || type.startsWith("MAP")) {
          problems.add(
              column.where(),
              "TM-SPEC-015",
              "column '" + column.value() + "' of type " + type + " cannot be part of a key",
              "rows are found by comparing keys",
              "use columns of simple types");
        }
      }
    }
    if (draft.key().isEmpty() && draft.kind() == Kind.DERIVED) {
      problems.add(
          draft.id().where(),
          "TM-SPEC-016",
          "derived dataset '" + draft.id().value() + "' has no key",
          "without one, rows before and after a fix cannot be compared",
          "add 'key:' with the columns that identify a row");
    }
  }

  private Layout layout(DatasetDraft draft, Schema schema) {
    LayoutDraft layout = draft.layout();
    Grain partition = layout.partition().map(Located::value).orElse(Grain.ALL);
    Grain slice = layout.slice().map(Located::value).orElse(partition);
    if (layout.eventTime().isEmpty()) {
      Optional<Location> without =
          layout
              .partition()
              .filter(p -> p.value() != Grain.ALL)
              .or(() -> layout.slice().filter(s -> s.value() != Grain.ALL))
              .map(Located::where);
      without.ifPresent(
          where ->
              problems.add(
                  where,
                  "TM-SPEC-017",
                  "dataset '" + draft.id().value() + "' is sliced but has no event time",
                  "slices are ranges of event time",
                  "add 'event_time:' with a column, or remove this"));
      return Layout.unsliced();
    }
    Located<String> eventTime = layout.eventTime().get();
    if (!isTime(draft, eventTime, schema, partition, slice)) {
      return Layout.unsliced();
    }
    if (slice == Grain.ALL) {
      problems.add(
          layout.slice().map(Located::where).orElse(eventTime.where()),
          "TM-SPEC-018",
          "dataset '" + draft.id().value() + "' has an event time but no slices",
          "",
          "add 'partition:' PT1H, P1D, P1M or P1Y, or remove 'event_time'");
      return Layout.unsliced();
    }
    boolean finer = slice.compareTo(partition) < 0;
    if (finer && (draft.kind() == Kind.DERIVED || partition != Grain.ALL)) {
      problems.add(
          layout.slice().map(Located::where).orElse(eventTime.where()),
          "TM-SPEC-019",
          "slices of "
              + slice.text()
              + " are finer than the partition"
              + (partition == Grain.ALL ? ", which is the whole table" : " of " + partition.text()),
          "a slice is replaced by replacing whole files, and a file holds a whole partition",
          partition == Grain.ALL
              ? "add 'partition: " + slice.text() + "'"
              : "partition by " + slice.text() + ", or make the slices " + partition.text());
    }
    return new Layout(Optional.of(eventTime.value()), partition, slice);
  }

  private boolean isTime(
      DatasetDraft draft, Located<String> column, Schema schema, Grain partition, Grain slice) {
    if (draft.kind() == Kind.REFERENCE) {
      problems.add(
          column.where(),
          "TM-SPEC-018",
          "reference '" + draft.id().value() + "' cannot have an event time",
          "a reference is read whole, so any change of it touches all slices of its readers",
          "remove 'event_time', 'partition' and 'slice', or make it a source");
      return false;
    }
    if (!exists(column, draft.id().value(), schema)) {
      return false;
    }
    String type = schema.find(column.value()).orElseThrow().type();
    if (!type.equals("DATE") && !type.startsWith("TIMESTAMP")) {
      problems.add(
          column.where(),
          "TM-SPEC-018",
          "event time '" + column.value() + "' is of type " + type,
          "",
          "use a column of type TIMESTAMP(6), TIMESTAMP_LTZ(6) or DATE");
      return false;
    }
    if (type.equals("DATE") && (partition == Grain.HOUR || slice == Grain.HOUR)) {
      problems.add(
          column.where(),
          "TM-SPEC-018",
          "event time '" + column.value() + "' is a DATE and cannot be sliced by hours",
          "a day has no hours to tell apart",
          "use P1D or longer");
      return false;
    }
    return true;
  }
}
