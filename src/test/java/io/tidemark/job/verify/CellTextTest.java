package io.tidemark.job.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.model.Grain;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.List;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.LogicalType;
import org.junit.jupiter.api.Test;

final class CellTextTest {
  private static final LogicalType LTZ = DataTypes.TIMESTAMP_LTZ(6).getLogicalType();
  private static final LogicalType TIMESTAMP = DataTypes.TIMESTAMP(6).getLogicalType();

  @Test
  void whatAPersonWritesReadsAsWhatIsShown() {
    TimestampData at =
        TimestampData.fromLocalDateTime(LocalDateTime.parse("1969-12-31T23:59:59.5"));

    assertThat(CellText.of(at, LTZ))
        .isEqualTo("1969-12-31 23:59:59.5Z")
        .isEqualTo(CellText.canonical(" 1969-12-31T23:59:59.500Z", LTZ));
    assertThat(CellText.of(at, TIMESTAMP))
        .isEqualTo(CellText.canonical("1969-12-31 23:59:59.5", TIMESTAMP));
    assertThat(CellText.canonical("7.5", DataTypes.DECIMAL(10, 2).getLogicalType()))
        .isEqualTo("7.50");
    assertThat(CellText.canonical("007", DataTypes.BIGINT().getLogicalType())).isEqualTo("7");
    assertThat(CellText.canonical("30", DataTypes.DOUBLE().getLogicalType())).isEqualTo("30.0");
  }

  @Test
  void aCellThatIsNoValueIsRefused() {
    assertThatThrownBy(() -> CellText.canonical("1.234", DataTypes.DECIMAL(10, 2).getLogicalType()))
        .isInstanceOf(RuntimeException.class);
    assertThatThrownBy(() -> CellText.canonical("yes", DataTypes.BOOLEAN().getLogicalType()))
        .isInstanceOf(RuntimeException.class);
    assertThatThrownBy(() -> CellText.canonical("1.5", DataTypes.INT().getLogicalType()))
        .isInstanceOf(RuntimeException.class);
  }

  @Test
  void nestedValuesAndSlicesCanBeTold() {
    GenericArrayData array = new GenericArrayData(new Object[] {StringData.fromString("a"), null});
    LogicalType type = DataTypes.ARRAY(DataTypes.STRING()).getLogicalType();

    assertThat(CellText.of(array, type)).isEqualTo("[a, NULL]");
    assertThat(CellText.ordinal("1970-02-01 00:00:00Z", LTZ, Grain.MONTH)).isEqualTo(1);
    assertThat(CellText.ordinal("1969-12-31", DataTypes.DATE().getLogicalType(), Grain.DAY))
        .isEqualTo(-1);
  }

  @Test
  void csvCellsMayHoldAnythingInQuotesAndNothingWithout() {
    assertThat(CsvRows.parse("\uFEFFa,b\r\n\"x,\"\"y\n\",\n\n\"\",z"))
        .containsExactly(List.of("a", "b"), Arrays.asList("x,\"y\n", null), List.of("", "z"));
    assertThatThrownBy(() -> CsvRows.parse("a\n\"open")).hasMessageContaining("line 2");
    assertThatThrownBy(() -> CsvRows.parse("\"a\"b")).hasMessageContaining("line 1");
  }
}
