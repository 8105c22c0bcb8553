package io.tidemark.job.verify;

import io.tidemark.job.slice.EventTime;
import io.tidemark.job.slice.RowBytes;
import io.tidemark.job.slice.TimeFilter;
import io.tidemark.job.slice.ValueCodec;
import io.tidemark.model.Grain;
import io.tidemark.model.Layout;
import io.tidemark.model.Problem;
import io.tidemark.model.Schema;
import io.tidemark.model.SliceSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.model.TimeRanges;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichFlatMapFunction;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.utils.JoinedRowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.runtime.typeutils.RowDataSerializer;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.TinyIntType;
import org.apache.flink.util.Collector;
import org.apache.iceberg.Table;
import org.apache.iceberg.expressions.Expression;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.flink.FlinkSchemaUtil;
import org.apache.iceberg.flink.TableLoader;
import org.apache.iceberg.flink.source.IcebergSource;
import org.apache.iceberg.flink.source.assigner.SimpleSplitAssignerFactory;

/**
 * Reads some slices of a table at a snapshot. Each row comes with three fields in front: the side
 * it is read for, a hash of its key and the ordinal of its slice. A column that the snapshot's
 * files lack reads as missing.
 */
final class SliceRows {
  static final int SIDE = 0;
  static final int KEY_HASH = 1;
  static final int SLICE = 2;
  static final int HEADER = 3;

  static final byte BASE = 0;
  static final byte CANDIDATE = 1;

  /** More ranges than this make filters that cost more than they save. */
  private static final int MAX_RANGES = 64;

  private final Table table;
  private final TableLoader loader;
  private final Layout layout;
  private final SliceSet slices;
  private final org.apache.iceberg.Schema read;
  private final RowType row;

  SliceRows(Table table, TableLoader loader, Schema schema, Layout layout, SliceSet slices) {
    this.table = table;
    this.loader = loader;
    this.layout = layout;
    this.slices = slices;
    RowType all = FlinkSchemaUtil.convert(table.schema());
    this.row = DiffColumns.select(all, schema);
    this.read = table.schema().select(row.getFieldNames());
  }

  /** The columns read, in the dataset's order. */
  RowType row() {
    return row;
  }

  /** The type of what {@link #read} gives. */
  RowType headed() {
    ArrayList<RowType.RowField> fields = new ArrayList<>();
    fields.add(new RowType.RowField("tidemark_side", new TinyIntType()));
    fields.add(new RowType.RowField("tidemark_key_hash", new BigIntType()));
    fields.add(new RowType.RowField("tidemark_slice", new BigIntType()));
    fields.addAll(row.getFields());
    return new RowType(fields);
  }

  DataStream<RowData> read(
      StreamExecutionEnvironment env, long snapshot, byte side, DiffColumns columns) {
    String name = side == BASE ? "read main" : "read candidate";
    if (snapshot == 0) {
      return env.fromData(0)
          .<RowData>flatMap((nothing, out) -> {})
          .returns(InternalTypeInfo.of(headed()))
          .name("no snapshot, no rows");
    }
    requireSnapshot(snapshot);
    // Iceberg orders a projection by the table; this puts the dataset's order back.
    RowType source = FlinkSchemaUtil.convert(read);
    IcebergSource<RowData> iceberg =
        IcebergSource.forRowData()
            .tableLoader(loader)
            .table(table)
            .assignerFactory(new SimpleSplitAssignerFactory())
            .useSnapshotId(snapshot)
            .project(read)
            .filters(List.of(filter()))
            .build();
    return env.fromSource(
            iceberg, WatermarkStrategy.noWatermarks(), name, InternalTypeInfo.of(source))
        .flatMap(new Head(columns, row, source, side, layout, slices))
        .returns(InternalTypeInfo.of(headed()))
        .name(name + ": slice and key");
  }

  private void requireSnapshot(long snapshot) {
    if (table.snapshot(snapshot) == null) {
      throw TidemarkException.external(
          Problem.of(
              "TM-VERIFY-005",
              "snapshot " + snapshot + " of " + table.name() + " has expired",
              "the candidate cannot be verified against what it was planned on",
              "plan again; keep snapshots longer than a run takes"),
          null);
    }
  }

  /** Reads a superset of the slices' rows; {@link Head} drops the others. */
  Expression filter() {
    if (layout.slice() == Grain.ALL || layout.eventTime().isEmpty()) {
      return Expressions.alwaysTrue();
    }
    TimeRanges ranges = slices.ranges();
    if (ranges.ranges().size() > MAX_RANGES) {
      Instant from = ranges.ranges().get(0).from();
      Instant to = ranges.ranges().get(ranges.ranges().size() - 1).to();
      ranges = TimeRanges.of(new TimeRange(from, to));
    }
    return TimeFilter.of(table.schema(), layout.eventTime().get(), ranges);
  }

  /** Puts the header in front of a row, and drops rows of other slices. */
  private static final class Head extends RichFlatMapFunction<RowData, RowData> {
    private static final long serialVersionUID = 1;

    private final DiffColumns columns;
    private final RowType row;
    private final int[] order;
    private final byte side;
    private final Grain grain;
    private final EventTime eventTime;
    private final String slices;
    private transient SliceSet wanted;
    private transient RowData.FieldGetter[] getters;
    private transient ValueCodec[] codecs;
    private transient int[] key;
    private transient RowBytes scratch;
    private transient GenericRowData header;
    private transient GenericRowData ordered;
    private transient RowData.FieldGetter[] sourceGetters;
    private transient RowDataSerializer serializer;
    private final RowType source;
    private final RowType headed;

    Head(
        DiffColumns columns,
        RowType row,
        RowType source,
        byte side,
        Layout layout,
        SliceSet slices) {
      this.columns = columns;
      this.row = row;
      this.source = source;
      this.order = row.getFieldNames().stream().mapToInt(source::getFieldIndex).toArray();
      this.side = side;
      this.grain = layout.slice();
      this.slices = slices.toString();
      this.eventTime =
          grain == Grain.ALL
              ? null
              : new EventTime(
                  row.getFieldIndex(layout.eventTime().orElseThrow()),
                  row.getTypeAt(row.getFieldIndex(layout.eventTime().orElseThrow())));
      ArrayList<RowType.RowField> fields = new ArrayList<>();
      fields.add(new RowType.RowField("s", new TinyIntType()));
      fields.add(new RowType.RowField("h", new BigIntType()));
      fields.add(new RowType.RowField("o", new BigIntType()));
      row.getFields()
          .forEach(f -> fields.add(new RowType.RowField("c" + fields.size(), f.getType())));
      this.headed = new RowType(fields);
    }

    @Override
    public void open(OpenContext context) {
      wanted = SliceSet.parse(grain, slices);
      getters = columns.getters(0);
      codecs = columns.codecs();
      key = columns.key();
      scratch = new RowBytes();
      header = new GenericRowData(HEADER);
      header.setField(SIDE, side);
      ordered = new GenericRowData(row.getFieldCount());
      sourceGetters = new RowData.FieldGetter[order.length];
      for (int i = 0; i < order.length; i++) {
        sourceGetters[i] =
            RowData.createFieldGetter(source.getTypeAt(order[i]).copy(true), order[i]);
      }
      serializer = new RowDataSerializer(headed);
    }

    @Override
    public void flatMap(RowData in, Collector<RowData> out) {
      for (int i = 0; i < sourceGetters.length; i++) {
        ordered.setField(i, sourceGetters[i].getFieldOrNull(in));
      }
      long ordinal = 0;
      if (eventTime != null) {
        if (eventTime.isMissing(ordered)) {
          return;
        }
        ordinal = EventTime.ordinal(grain, eventTime.micros(ordered));
      }
      if (!wanted.contains(ordinal)) {
        return;
      }
      scratch.clear();
      DiffColumns.encode(ordered, key, getters, codecs, scratch);
      scratch.hash();
      header.setField(KEY_HASH, scratch.low());
      header.setField(SLICE, ordinal);
      // A copy: consumers keep the row, and the serializer reuses its own.
      out.collect(serializer.toBinaryRow(new JoinedRowData(header, ordered)).copy());
    }
  }
}
