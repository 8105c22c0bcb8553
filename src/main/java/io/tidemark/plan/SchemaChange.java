package io.tidemark.plan;

import io.tidemark.model.Column;
import io.tidemark.model.Column.Nullability;
import io.tidemark.model.Schema;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * How a declared schema differs from the table's.
 *
 * @param added nullable columns that the table lacks, in declared order
 * @param broken what adding columns cannot mend, for people
 */
record SchemaChange(List<String> added, List<String> broken) {
  private static final Pattern SPACE = Pattern.compile("\\s+");
  private static final Pattern PUNCTUATION = Pattern.compile(" ?([(,<>]) ?");
  private static final Pattern CLOSING = Pattern.compile(" \\)");
  private static final Pattern TEXT = Pattern.compile("\\b(?:VARCHAR|CHAR)\\b(?:\\(\\d+\\))?");
  private static final Pattern BYTES = Pattern.compile("\\bVARBINARY\\b(?:\\(\\d+\\))?");
  private static final Pattern INT = Pattern.compile("\\b(?:INTEGER|SMALLINT|TINYINT)\\b");
  private static final Pattern LOCAL_ZONED =
      Pattern.compile("\\bTIMESTAMP(?:\\(\\d+\\))? WITH LOCAL TIME ZONE");
  private static final Pattern NO_ZONE = Pattern.compile(" WITHOUT TIME ZONE");
  private static final Pattern CLOCK =
      Pattern.compile("\\b(TIMESTAMP_LTZ|TIMESTAMP|TIME)\\([0-6]\\)");
  private static final Pattern DECIMAL = Pattern.compile("\\b(?:NUMERIC|DEC)\\b");

  static final SchemaChange NONE = new SchemaChange(List.of(), List.of());

  static SchemaChange between(Schema table, Schema declared) {
    List<String> added = new ArrayList<>();
    List<String> broken = new ArrayList<>();
    for (Column column : declared.columns()) {
      Optional<Column> now = table.find(column.name());
      if (now.isEmpty()) {
        if (column.nullability() == Nullability.NULLABLE) {
          added.add(column.name());
        } else {
          broken.add("column '" + column.name() + "' is new and may not be missing");
        }
      } else if (!stored(now.get().type()).equals(stored(column.type()))) {
        broken.add(
            "column '"
                + column.name()
                + "' is "
                + now.get().type()
                + " in the table and would be "
                + column.type());
      } else if (now.get().nullability() == Nullability.REQUIRED
          && column.nullability() == Nullability.NULLABLE) {
        broken.add("column '" + column.name() + "' may not be missing in the table");
      }
    }
    for (Column column : table.columns()) {
      if (declared.find(column.name()).isEmpty()) {
        broken.add("column '" + column.name() + "' is in the table and not declared");
      }
    }
    return new SchemaChange(List.copyOf(added), List.copyOf(broken));
  }

  /**
   * A Flink SQL type as an Iceberg table gives it back: texts lose their length, small integers
   * become INT, and times have microseconds.
   */
  static String stored(String type) {
    String t = SPACE.matcher(type.strip().toUpperCase(Locale.ROOT)).replaceAll(" ");
    t = PUNCTUATION.matcher(t).replaceAll("$1");
    t = CLOSING.matcher(t).replaceAll(")");
    t = LOCAL_ZONED.matcher(t).replaceAll("TIMESTAMP_LTZ");
    t = NO_ZONE.matcher(t).replaceAll("");
    t = CLOCK.matcher(t).replaceAll("$1");
    t = TEXT.matcher(t).replaceAll("STRING");
    t = BYTES.matcher(t).replaceAll("BYTES");
    t = INT.matcher(t).replaceAll("INT");
    return DECIMAL.matcher(t).replaceAll("DECIMAL");
  }
}
