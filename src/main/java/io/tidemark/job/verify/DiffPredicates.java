package io.tidemark.job.verify;

import io.tidemark.job.catalog.SqlErrors;
import io.tidemark.model.DatasetDiff.Kind;
import io.tidemark.model.ExpectedChange.Allowed;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.table.api.Table;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.BooleanType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.TinyIntType;
import org.apache.flink.table.types.utils.TypeConversions;

/**
 * Lets Flink SQL evaluate the predicates of an expected change, on differing rows alone. A row
 * holds what happened to it, its slice, all columns before and all columns after.
 */
final class DiffPredicates {
  static final int HEADER = 2;
  static final byte ADDED = (byte) Kind.ADDED.ordinal();
  static final byte REMOVED = (byte) Kind.REMOVED.ordinal();
  static final byte CHANGED = (byte) Kind.CHANGED.ordinal();

  private static final String VIEW = "tidemark_differences";

  private DiffPredicates() {}

  static boolean areNeeded(Optional<Allowed> allowed) {
    return allowed.isPresent()
        && (allowed.get().where().isPresent() || allowed.get().relation().isPresent());
  }

  /** The type of a differing row; columns are named as predicates name them. */
  static RowType type(DiffColumns columns) {
    List<RowType.RowField> fields = new ArrayList<>();
    fields.add(new RowType.RowField("tidemark_kind", new TinyIntType()));
    fields.add(new RowType.RowField("tidemark_slice", new BigIntType()));
    for (String side : List.of("old_", "new_")) {
      for (int i = 0; i < columns.size(); i++) {
        fields.add(new RowType.RowField(side + columns.name(i), columns.type(i)));
      }
    }
    return new RowType(fields);
  }

  /**
   * @throws TidemarkException USER if a predicate is no boolean over the old and new columns
   */
  static DataStream<String> judge(
      StreamTableEnvironment tables,
      DataStream<RowData> differences,
      Allowed allowed,
      DiffColumns columns,
      DiffVerdict rules,
      int samples) {
    tables.createTemporaryView(VIEW, tables.fromDataStream(differences));
    Table judged =
        tables.sqlQuery(
            "SELECT *, "
                + predicate(tables, "where", allowed.where())
                + " AS tidemark_where, "
                + predicate(tables, "relation", allowed.relation())
                + " AS tidemark_relation FROM "
                + VIEW);
    List<RowType.RowField> fields = new ArrayList<>(type(columns).getFields());
    fields.add(new RowType.RowField("tidemark_where", new BooleanType()));
    fields.add(new RowType.RowField("tidemark_relation", new BooleanType()));
    RowType row = new RowType(fields);
    DataType internal = TypeConversions.fromLogicalToDataType(row).bridgedTo(RowData.class);
    return tables
        .<RowData>toDataStream(judged, internal)
        .transform("judge differences", Types.STRING, new Judge(columns, rules, samples));
  }

  /** Unknown is false: a predicate must hold. */
  private static String predicate(
      StreamTableEnvironment tables, String name, Optional<String> predicate) {
    if (predicate.isEmpty()) {
      return "TRUE";
    }
    // Brackets and a line break keep a comment at its end from swallowing what follows.
    String sql = "COALESCE(CAST((" + predicate.get() + "\n) AS BOOLEAN), FALSE)";
    try {
      tables.sqlQuery("SELECT " + sql + " FROM " + VIEW);
      return sql;
    } catch (RuntimeException e) {
      throw TidemarkException.user(
          Problem.of(
              "TM-VERIFY-001",
              "the '" + name + "' predicate of the expected change cannot be used",
              SqlErrors.message(e),
              "write a condition over old_<column> and new_<column>"));
    }
  }

  /** Tallies differing rows with the predicates' values. */
  private static final class Judge extends AbstractStreamOperator<String>
      implements OneInputStreamOperator<RowData, String>, BoundedOneInput {
    private static final long serialVersionUID = 1;

    private final DiffColumns columns;
    private final DiffVerdict rules;
    private final int samples;
    private transient DiffTally tally;
    private transient RowData.FieldGetter[] before;
    private transient RowData.FieldGetter[] after;

    Judge(DiffColumns columns, DiffVerdict rules, int samples) {
      this.columns = columns;
      this.rules = rules;
      this.samples = samples;
    }

    @Override
    public void open() throws Exception {
      super.open();
      tally = new DiffTally(columns, rules, samples);
      before = columns.getters(HEADER);
      after = columns.getters(HEADER + columns.size());
    }

    @Override
    public void processElement(StreamRecord<RowData> element) {
      RowData row = element.getValue();
      int predicates = HEADER + 2 * columns.size();
      DiffTally.Holds holds =
          new DiffTally.Holds(row.getBoolean(predicates), row.getBoolean(predicates + 1));
      long slice = row.getLong(1);
      byte kind = row.getByte(0);
      if (kind == ADDED) {
        tally.added(slice, values(after, row), holds);
      } else if (kind == REMOVED) {
        tally.removed(slice, values(before, row), holds);
      } else {
        tally.changed(slice, values(before, row), values(after, row), holds);
      }
    }

    @Override
    public void endInput() {
      output.collect(new StreamRecord<>(tally.toPart().toText()));
    }

    private static Object[] values(RowData.FieldGetter[] getters, RowData row) {
      Object[] values = new Object[getters.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = getters[i].getFieldOrNull(row);
      }
      return values;
    }
  }

  static InternalTypeInfo<RowData> typeInfo(DiffColumns columns) {
    return InternalTypeInfo.of(type(columns));
  }
}
