package io.tidemark.job.slice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.model.Column;
import io.tidemark.model.ContentHash;
import io.tidemark.model.Grain;
import io.tidemark.model.Schema;
import io.tidemark.model.SliceSet;
import io.tidemark.model.SliceStats;
import io.tidemark.model.TidemarkException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.runtime.typeutils.RowDataSerializer;
import org.apache.flink.table.types.logical.RowType;
import org.apache.iceberg.relocated.com.google.common.hash.Hashing;
import org.junit.jupiter.api.Test;

class SliceMeterTest {
  private static final Grain GRAIN = Grain.DAY;

  private static Schema schema(String... columns) {
    List<Column> list = new ArrayList<>();
    for (String column : columns) {
      list.add(Column.nullable(column.split(" ", 2)[0], column.split(" ", 2)[1]));
    }
    return new Schema(list);
  }

  private static RowType type(Schema schema, int checks) {
    List<RowType.RowField> fields = new ArrayList<>();
    schema
        .columns()
        .forEach(c -> fields.add(new RowType.RowField(c.name(), Types.parse(c.type()))));
    for (int i = 0; i < checks; i++) {
      fields.add(new RowType.RowField("check " + i, Types.parse("BOOLEAN")));
    }
    return new RowType(fields);
  }

  private static SliceMeter meter(Schema schema, Optional<String> time, int checks) {
    return new SliceMeter(
        new Rows(type(schema, checks), time, checks), schema, GRAIN, Optional.empty());
  }

  private static SliceStats only(SliceMeter meter, Schema schema) {
    assertThat(meter.totals()).hasSize(1);
    int[] scales =
        schema.columns().stream().mapToInt(c -> ColumnMeter.scale(Types.parse(c.type()))).toArray();
    return meter.totals().iterator().next().stats(schema.names(), scales);
  }

  private static ContentHash hash(Schema schema, Object... values) {
    SliceMeter meter = meter(schema, Optional.empty(), 0);
    meter.add(GenericRowData.of(values));
    return only(meter, schema).hash();
  }

  private static StringData text(String text) {
    return StringData.fromString(text);
  }

  private static DecimalData decimal(String value, int precision, int scale) {
    return DecimalData.fromBigDecimal(new BigDecimal(value), precision, scale);
  }

  /** The encoding written down a second time, and hashed by another implementation. */
  private static ContentHash expected(TreeMap<String, byte[]> present) {
    ByteBuffer row = ByteBuffer.allocate(10_000).order(ByteOrder.LITTLE_ENDIAN);
    present.forEach(
        (name, value) -> {
          byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
          ByteBuffer tag = ByteBuffer.allocate(4 + utf8.length).order(ByteOrder.LITTLE_ENDIAN);
          tag.putInt(utf8.length).put(utf8);
          row.putInt(Hashing.murmur3_128().hashBytes(tag.array()).asInt()).put(value);
        });
    byte[] bytes = new byte[row.position()];
    row.flip().get(bytes);
    ByteBuffer hash =
        ByteBuffer.wrap(Hashing.murmur3_128().hashBytes(bytes).asBytes())
            .order(ByteOrder.LITTLE_ENDIAN);
    long low = hash.getLong();
    return new ContentHash(hash.getLong(), low);
  }

  private static byte[] number(long value) {
    return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
  }

  private static byte[] withLength(byte[] value) {
    return ByteBuffer.allocate(4 + value.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(value.length)
        .put(value)
        .array();
  }

  @Test
  void theEncodingIsWhatItIsSaidToBe() {
    Schema schema =
        schema(
            "text STRING",
            "n INT",
            "d DECIMAL(10, 2)",
            "wide DECIMAL(38, 2)",
            "ok BOOLEAN",
            "f DOUBLE",
            "at TIMESTAMP(6)",
            "day DATE",
            "bytes BYTES",
            "nothing STRING");
    BigDecimal huge = new BigDecimal("123456789012345678901234567890.12");
    TreeMap<String, byte[]> present = new TreeMap<>();
    present.put("text", withLength("naïve".getBytes(StandardCharsets.UTF_8)));
    present.put("n", number(-5));
    present.put("d", number(-1250));
    present.put("wide", withLength(huge.unscaledValue().toByteArray()));
    present.put("ok", new byte[] {1});
    present.put("f", number(Double.doubleToLongBits(0.1)));
    present.put("at", number(-1));
    present.put("day", number(-1));
    present.put("bytes", withLength(new byte[] {1, 2}));

    assertThat(
            hash(
                schema,
                text("naïve"),
                -5,
                decimal("-12.50", 10, 2),
                DecimalData.fromBigDecimal(huge, 38, 2),
                true,
                0.1,
                TimestampData.fromEpochMillis(-1, 999_000),
                -1,
                new byte[] {1, 2},
                null))
        .isEqualTo(expected(present));
  }

  @Test
  void columnsMayMoveWidenAndBeAddedEmpty() {
    ContentHash before =
        hash(schema("a INT", "b DECIMAL(9, 2)", "c FLOAT"), 1, decimal("1.50", 9, 2), 0.5f);
    ContentHash after =
        hash(
            schema("c DOUBLE", "new STRING", "b DECIMAL(38, 2)", "a BIGINT"),
            0.5,
            null,
            decimal("1.50", 38, 2),
            1L);
    assertThat(after).isEqualTo(before);
  }

  @Test
  void neighbouringValuesAreToldApart() {
    Schema two = schema("a STRING", "b STRING");
    assertThat(hash(two, text("xy"), text("z"))).isNotEqualTo(hash(two, text("x"), text("yz")));
    assertThat(hash(two, text("x"), null)).isNotEqualTo(hash(two, null, text("x")));
    assertThat(hash(two, text(""), null)).isNotEqualTo(hash(two, null, null));
    Schema number = schema("a DOUBLE");
    assertThat(hash(number, 0.0)).isNotEqualTo(hash(number, -0.0));
    assertThat(hash(number, Double.NaN))
        .isEqualTo(hash(number, Double.longBitsToDouble(0x7ff8000000000001L)));
  }

  @Test
  void nestedValuesAreHashedByContent() {
    Schema map = schema("m MAP<STRING, INT>");
    assertThat(hash(map, map("a", 1, "b", 2))).isEqualTo(hash(map, map("b", 2, "a", 1)));
    assertThat(hash(map, map("a", 1, "b", 2))).isNotEqualTo(hash(map, map("a", 2, "b", 1)));
    Schema array = schema("x ARRAY<INT>");
    assertThat(hash(array, new GenericArrayData(new Object[] {1, null})))
        .isNotEqualTo(hash(array, new GenericArrayData(new Object[] {null, 1})));
    assertThat(hash(array, new GenericArrayData(new Object[0])))
        .isNotEqualTo(hash(array, (Object) null));
    Schema row = schema("r ROW<a INT, b STRING>");
    Schema moved = schema("r ROW<b STRING, a INT>");
    assertThat(hash(row, GenericRowData.of(1, text("x"))))
        .isEqualTo(hash(moved, GenericRowData.of(text("x"), 1)))
        .isNotEqualTo(hash(row, GenericRowData.of(1, null)));
  }

  private static GenericMapData map(Object... pairs) {
    java.util.LinkedHashMap<Object, Object> map = new java.util.LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      map.put(text((String) pairs[i]), pairs[i + 1]);
    }
    return new GenericMapData(map);
  }

  @Test
  void aTypeWithoutCanonicalFormIsRefused() {
    assertThatThrownBy(() -> meter(schema("x MULTISET<INT>"), Optional.empty(), 0))
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> assertThat(e.problems().get(0).code()).isEqualTo("TM-JOB-010"));
  }

  @Test
  void orderRepresentationAndPartsDoNotMatter() {
    Schema schema = schema("id BIGINT", "at TIMESTAMP_LTZ(6)", "v STRING", "d DECIMAL(20, 3)");
    Random random = new Random(11);
    List<RowData> rows = new ArrayList<>();
    RowDataSerializer serializer = new RowDataSerializer(type(schema, 0));
    for (long i = 0; i < 2000; i++) {
      GenericRowData row =
          GenericRowData.of(
              i % 900,
              TimestampData.fromEpochMillis(random.nextInt(4) * 86_400_000L - 86_400_000L),
              random.nextInt(5) == 0 ? null : text("v" + random.nextInt(50)),
              decimal(random.nextInt() + "." + 100 + "", 20, 3));
      rows.add(i % 2 == 0 ? row : serializer.toBinaryRow(row).copy());
    }
    Map<Long, SliceStats> whole = stats(schema, List.of(rows));
    Collections.shuffle(rows, random);
    Map<Long, SliceStats> parts =
        stats(schema, List.of(rows.subList(0, 1), rows.subList(1, 1500), rows.subList(1500, 2000)));

    assertThat(whole.keySet()).containsExactly(-1L, 0L, 1L, 2L);
    assertThat(parts).isEqualTo(whole);
    rows.set(0, rows.get(1));
    assertThat(stats(schema, List.of(rows))).as("a doubled and a lost row").isNotEqualTo(whole);
  }

  private static Map<Long, SliceStats> stats(Schema schema, List<List<RowData>> parts) {
    Map<Long, SliceTotals> merged = new TreeMap<>();
    for (List<RowData> part : parts) {
      SliceMeter meter = meter(schema, Optional.of("at"), 0);
      part.forEach(meter::add);
      for (SliceTotals totals : meter.totals()) {
        merged
            .computeIfAbsent(totals.ordinal(), o -> new SliceTotals(o, schema.columns().size(), 0))
            .merge(totals);
      }
    }
    Map<Long, SliceStats> stats = new TreeMap<>();
    merged.forEach((o, t) -> stats.put(o, t.stats(schema.names(), new int[] {0, 0, 0, 3})));
    return stats;
  }

  @Test
  void countsNullsSumsTimesAndBrokenChecks() {
    Schema schema = schema("n BIGINT", "d DECIMAL(5, 2)", "at TIMESTAMP(6)", "f DOUBLE");
    SliceMeter meter = meter(schema, Optional.of("at"), 2);
    meter.add(
        GenericRowData.of(Long.MAX_VALUE, decimal("1.25", 5, 2), ms(5), Double.NaN, true, false));
    meter.add(GenericRowData.of(Long.MAX_VALUE, decimal("2.25", 5, 2), ms(9), 1.5, true, null));
    meter.add(GenericRowData.of(null, null, ms(7), 1.0, true, true));

    SliceStats stats = only(meter, schema);

    assertThat(stats.rows()).isEqualTo(3);
    assertThat(stats.earliest()).contains(java.time.Instant.ofEpochMilli(5));
    assertThat(stats.latest()).contains(java.time.Instant.ofEpochMilli(9));
    assertThat(stats.metrics())
        .extracting(SliceStats.ColumnMetric::nulls)
        .containsExactly(1L, 1L, 0L, 0L);
    assertThat(stats.metrics())
        .extracting(SliceStats.ColumnMetric::sum)
        .containsExactly(2.0 * Long.MAX_VALUE, 3.5, 0.0, 2.5);
    SliceTotals totals = meter.totals().iterator().next();
    assertThat(totals.violations(0)).isZero();
    assertThat(totals.violations(1)).isEqualTo(2);
  }

  private static TimestampData ms(long millis) {
    return TimestampData.fromEpochMillis(millis);
  }

  @Test
  void rowsOfOtherSlicesAreRefusedAndThoseWithoutTimeAreTold() {
    Schema schema = schema("at TIMESTAMP(6)");
    SliceMeter meter =
        new SliceMeter(
            new Rows(type(schema, 0), Optional.of("at"), 0),
            schema,
            GRAIN,
            Optional.of(SliceSet.range(GRAIN, 1, 2)));
    assertThat(meter.add(GenericRowData.of(ms(0)))).isFalse();
    assertThat(meter.add(GenericRowData.of(ms(86_400_000)))).isTrue();
    assertThat(meter.add(GenericRowData.of(ms(86_399_999)))).isFalse();
    assertThat(meter.totals()).extracting(SliceTotals::rows).containsExactly(1L);
    assertThatThrownBy(() -> meter.add(GenericRowData.of((Object) null)))
        .isInstanceOf(TidemarkException.class)
        .hasMessageContaining("TM-JOB-012");
  }

  @Test
  void aMissingRequiredValueIsToldByItsColumn() {
    Schema schema = new Schema(List.of(Column.required("must", "INT")));
    SliceMeter meter = meter(schema, Optional.empty(), 0);
    assertThatThrownBy(() -> meter.add(GenericRowData.of((Object) null)))
        .hasMessageContaining("'must'");
  }
}
