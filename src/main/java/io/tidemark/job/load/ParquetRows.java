package io.tidemark.job.load;

import io.tidemark.job.value.TextValues;
import io.tidemark.model.log.LogLine;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.Schema;
import org.apache.iceberg.flink.FlinkSchemaUtil;
import org.apache.iceberg.formats.FormatModelRegistry;
import org.apache.iceberg.formats.ReadBuilder;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.io.CloseableIterator;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.io.SeekableInputStream;
import org.apache.iceberg.mapping.MappingUtil;
import org.apache.iceberg.parquet.ParquetSchemaUtil;
import org.apache.iceberg.shaded.org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.iceberg.shaded.org.apache.parquet.io.DelegatingSeekableInputStream;
import org.apache.iceberg.shaded.org.apache.parquet.schema.MessageType;
import org.apache.iceberg.types.Types.NestedField;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads Parquet by column names, whoever wrote it: field ids inside the file are those of another
 * table and mean nothing here.
 */
final class ParquetRows {
  private static final Logger LOG = LoggerFactory.getLogger(ParquetRows.class);

  private final LoadTarget target;

  ParquetRows(LoadTarget target) {
    this.target = target;
  }

  /**
   * @return how many rows the file says it has
   * @throws UnreadableFile if it is no Parquet file, or lacks a column, or a column's type does not
   *     fit. A file that breaks off in the middle gives the rows before, then one bad record for
   *     the rest
   */
  long read(InputFile file) throws UnreadableFile {
    MessageType message;
    long count;
    try (ParquetFileReader footer = ParquetFileReader.open(new ParquetInput(file))) {
      message = footer.getFileMetaData().getSchema();
      count = footer.getRecordCount();
    } catch (IOException | RuntimeException e) {
      throw new UnreadableFile("it is no Parquet file, or its footer is damaged", e);
    }
    // The other conversion leaves out fields without ids, which is all that most writers make.
    Schema held =
        ParquetSchemaUtil.hasIds(message)
            ? ParquetSchemaUtil.convertAndPrune(message)
            : ParquetSchemaUtil.convert(message);
    List<NestedField> fields = new ArrayList<>();
    List<Converter> converters = converters(held, fields);
    Schema projection = new Schema(fields);
    ReadBuilder<RowData, RowType> builder =
        FormatModelRegistry.readBuilder(FileFormat.PARQUET, RowData.class, file);
    builder.project(projection);
    if (!ParquetSchemaUtil.hasIds(message)) {
      builder.withNameMapping(MappingUtil.create(held));
    }
    try (CloseableIterable<RowData> rows = builder.build();
        CloseableIterator<RowData> iterator = rows.iterator()) {
      for (long line = 1; line <= count; line++) {
        Optional<RowData> row = next(iterator);
        if (row.isEmpty()) {
          target.bad(line, "the file is damaged from here on", "", count - line + 1);
          return count;
        }
        accept(line, row.get(), converters);
      }
      return count;
    } catch (IOException e) {
      throw new UnreadableFile("it cannot be read", e);
    }
  }

  /** Empty if the file breaks off; what decoders throw then is any runtime exception. */
  private static Optional<RowData> next(CloseableIterator<RowData> iterator) {
    try {
      return Optional.of(iterator.next());
    } catch (RuntimeException e) {
      LOG.warn(LogLine.of("file-damaged").with("reason", e.getClass().getName()).toString());
      return Optional.empty();
    }
  }

  private void accept(long line, RowData row, List<Converter> converters) {
    Object[] values = new Object[target.names().size()];
    try {
      for (Converter converter : converters) {
        Object value = converter.getter.getFieldOrNull(row);
        values[converter.to] = value == null ? null : converter.convert.apply(value);
      }
      Optional<String> missing = target.missing(values);
      if (missing.isPresent()) {
        throw new IllegalArgumentException(missing.get());
      }
    } catch (IllegalArgumentException | ArithmeticException e) {
      target.bad(line, e.getMessage(), "", 1);
      return;
    }
    target.row(GenericRowData.of(values));
  }

  /**
   * @param fields gets the file's fields to read, in the order of the converters
   */
  private List<Converter> converters(Schema held, List<NestedField> fields) throws UnreadableFile {
    List<String> names = held.columns().stream().map(NestedField::name).toList();
    int[] to = target.match(names);
    List<Converter> converters = new ArrayList<>();
    for (int i = 0; i < to.length; i++) {
      if (to[i] >= 0) {
        NestedField field = held.columns().get(i);
        LogicalType from = FlinkSchemaUtil.convert(field.type());
        LogicalType type = target.type(to[i]);
        Convert convert =
            convert(from, type)
                .orElseThrow(
                    () ->
                        new UnreadableFile(
                            "column '"
                                + field.name()
                                + "' is "
                                + from.asSummaryString()
                                + ", the table holds "
                                + type.asSummaryString()));
        converters.add(
            new Converter(
                to[i], RowData.createFieldGetter(from.copy(true), fields.size()), convert));
        fields.add(field);
      }
    }
    return converters;
  }

  private static Optional<Convert> convert(LogicalType from, LogicalType to) {
    if (from.copy(true).equals(to.copy(true))) {
      return Optional.of(v -> v);
    }
    return switch (to.getTypeRoot()) {
      case SMALLINT, INTEGER, BIGINT ->
          isWhole(from) ? Optional.of(v -> TextValues.parse(v.toString(), to)) : Optional.empty();
      case DOUBLE ->
          isExactAsDouble(from) ? Optional.of(v -> ((Number) v).doubleValue()) : Optional.empty();
      case DECIMAL ->
          isWhole(from) || from instanceof DecimalType
              ? Optional.of(v -> decimal(v, (DecimalType) to))
              : Optional.empty();
      case CHAR, VARCHAR ->
          switch (from.getTypeRoot()) {
            case CHAR, VARCHAR -> Optional.of(v -> v);
            default -> Optional.empty();
          };
      case TIMESTAMP_WITHOUT_TIME_ZONE, TIMESTAMP_WITH_LOCAL_TIME_ZONE ->
          // A local time is read as UTC, as everywhere.
          switch (from.getTypeRoot()) {
            case TIMESTAMP_WITHOUT_TIME_ZONE, TIMESTAMP_WITH_LOCAL_TIME_ZONE ->
                Optional.of(v -> micros((TimestampData) v));
            default -> Optional.empty();
          };
      default -> Optional.empty();
    };
  }

  private static boolean isWhole(LogicalType type) {
    return switch (type.getTypeRoot()) {
      case TINYINT, SMALLINT, INTEGER, BIGINT -> true;
      default -> false;
    };
  }

  private static boolean isExactAsDouble(LogicalType type) {
    return switch (type.getTypeRoot()) {
      case TINYINT, SMALLINT, INTEGER, FLOAT -> true;
      default -> false;
    };
  }

  private static DecimalData decimal(Object value, DecimalType to) {
    return TextValues.decimal(new java.math.BigDecimal(value.toString()), to);
  }

  private static TimestampData micros(TimestampData value) {
    if (value.getNanoOfMillisecond() % 1000 != 0) {
      throw new IllegalArgumentException("a time is finer than a microsecond");
    }
    return value;
  }

  /** Changes a value that is there from the file's type to the table's. */
  private interface Convert {
    Object apply(Object value);
  }

  private record Converter(int to, RowData.FieldGetter getter, Convert convert) {}

  /** An Iceberg file as the Parquet library sees it. */
  private record ParquetInput(InputFile file)
      implements org.apache.iceberg.shaded.org.apache.parquet.io.InputFile {
    @Override
    public long getLength() {
      return file.getLength();
    }

    @Override
    public org.apache.iceberg.shaded.org.apache.parquet.io.SeekableInputStream newStream() {
      SeekableInputStream in = file.newStream();
      return new DelegatingSeekableInputStream(in) {
        @Override
        public long getPos() throws IOException {
          return in.getPos();
        }

        @Override
        public void seek(long to) throws IOException {
          in.seek(to);
        }
      };
    }
  }
}
