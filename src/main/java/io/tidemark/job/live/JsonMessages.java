package io.tidemark.job.live;

import io.tidemark.job.value.JsonValues;
import io.tidemark.job.value.TextValues;
import java.io.IOException;
import java.io.Serializable;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonFactory;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonParser;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonToken;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.utils.LogicalTypeChecks;

/**
 * Reads messages that are one JSON object into rows, in one pass over the bytes. Values are taken
 * exactly or not at all, by the rules of {@link JsonValues}; the usual forms of usual types are
 * read without making anything in between. Not thread-safe.
 */
final class JsonMessages implements Serializable {
  private static final long serialVersionUID = 1;

  private final SourceRows rows;
  private transient JsonFactory factory;
  private transient Map<String, Integer> columns;
  private transient LogicalType[] types;
  private transient int[] precisions;
  private transient boolean[] required;
  private transient String[] names;
  private transient boolean[] seen;
  private transient long unknown;

  JsonMessages(SourceRows rows) {
    this.rows = rows;
  }

  /** Why a message is no row. Holds nothing of the message. */
  static final class Unreadable extends Exception {
    private static final long serialVersionUID = 1;

    Unreadable(String reason) {
      super(reason, null, false, false);
    }
  }

  void open() {
    factory = new JsonFactory();
    columns = new HashMap<>();
    int n = rows.type().getFieldCount();
    types = new LogicalType[n];
    precisions = new int[n];
    required = new boolean[n];
    names = new String[n];
    seen = new boolean[n];
    for (int i = 0; i < n; i++) {
      names[i] = rows.type().getFieldNames().get(i);
      types[i] = rows.type().getTypeAt(i);
      required[i] = rows.isRequired(names[i]);
      boolean timestamp =
          types[i].getTypeRoot() == LogicalTypeRoot.TIMESTAMP_WITHOUT_TIME_ZONE
              || types[i].getTypeRoot() == LogicalTypeRoot.TIMESTAMP_WITH_LOCAL_TIME_ZONE;
      precisions[i] = timestamp ? LogicalTypeChecks.getPrecision(types[i]) : 9;
      if (!SourceRows.isOrigin(names[i])) {
        columns.put(names[i], i);
      }
    }
  }

  /** Members that no column is named like, over all messages. */
  long unknown() {
    return unknown;
  }

  /**
   * Fills in a row's columns, but for those that say where it comes from.
   *
   * @throws Unreadable if the message is no such row
   */
  void read(byte[] message, GenericRowData row) throws Unreadable {
    java.util.Arrays.fill(seen, false);
    try (JsonParser json = factory.createParser(message)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw new Unreadable("it is no JSON object");
      }
      for (String name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
        Integer column = columns.get(name);
        json.nextToken();
        if (column == null) {
          unknown++;
          json.skipChildren();
        } else if (seen[column]) {
          throw new Unreadable("column '" + name + "' is there twice");
        } else {
          seen[column] = true;
          row.setField(column, value(json, column));
        }
      }
      if (json.currentToken() != JsonToken.END_OBJECT || json.nextToken() != null) {
        throw new Unreadable("it is more than one JSON object");
      }
    } catch (JsonProcessingException e) {
      throw new Unreadable("it is no JSON");
    } catch (IOException e) {
      throw new Unreadable("it is no text");
    }
    for (int i = 0; i < required.length; i++) {
      if (required[i] && row.isNullAt(i)) {
        throw new Unreadable("column '" + names[i] + "' is missing");
      }
    }
  }

  private Object value(JsonParser json, int column) throws IOException, Unreadable {
    JsonToken token = json.currentToken();
    if (token == JsonToken.VALUE_NULL) {
      return null;
    }
    LogicalType type = types[column];
    try {
      Object value = fast(json, token, type);
      return checked(
          value != null ? value : JsonValues.parse(tree(json), type), precisions[column]);
    } catch (IllegalArgumentException e) {
      throw new Unreadable("column '" + names[column] + "' " + e.getMessage());
    }
  }

  private static Object checked(Object value, int precision) {
    if (precision < 9 && value instanceof TimestampData timestamp) {
      long nanos =
          Math.floorMod(timestamp.getMillisecond(), 1000L) * 1_000_000L
              + timestamp.getNanoOfMillisecond();
      long unit = 1;
      for (int digits = precision; digits < 9; digits++) {
        unit *= 10;
      }
      if (nanos % unit != 0) {
        throw new IllegalArgumentException("is finer than its type, TIMESTAMP(" + precision + ")");
      }
    }
    return value;
  }

  /** The usual forms; null for any other, which need not be wrong. */
  private static Object fast(JsonParser json, JsonToken token, LogicalType type)
      throws IOException {
    switch (type.getTypeRoot()) {
      case CHAR, VARCHAR:
        return token == JsonToken.VALUE_STRING ? StringData.fromString(json.getText()) : null;
      case BOOLEAN:
        return token == JsonToken.VALUE_TRUE || token == JsonToken.VALUE_FALSE
            ? (Object) (token == JsonToken.VALUE_TRUE)
            : null;
      case INTEGER:
        return token == JsonToken.VALUE_NUMBER_INT
                && json.getNumberType() == JsonParser.NumberType.INT
            ? (Object) json.getIntValue()
            : null;
      case BIGINT:
        return token == JsonToken.VALUE_NUMBER_INT
                && json.getNumberType() != JsonParser.NumberType.BIG_INTEGER
            ? (Object) json.getLongValue()
            : null;
      case DOUBLE:
        return token == JsonToken.VALUE_NUMBER_FLOAT || token == JsonToken.VALUE_NUMBER_INT
            ? (Object) Double.parseDouble(json.getText())
            : null;
      case DECIMAL:
        return token == JsonToken.VALUE_NUMBER_FLOAT || token == JsonToken.VALUE_NUMBER_INT
            ? decimal(json, (DecimalType) type)
            : null;
      case TIMESTAMP_WITHOUT_TIME_ZONE:
        return token == JsonToken.VALUE_STRING ? timestamp(json, false) : null;
      case TIMESTAMP_WITH_LOCAL_TIME_ZONE:
        return token == JsonToken.VALUE_STRING ? timestamp(json, true) : null;
      default:
        return null;
    }
  }

  private static DecimalData decimal(JsonParser json, DecimalType type) throws IOException {
    if (json.currentToken() == JsonToken.VALUE_NUMBER_INT
        && DecimalData.isCompact(type.getPrecision())
        && type.getScale() == 0
        && json.getNumberType() == JsonParser.NumberType.INT
        && type.getPrecision() > 10) {
      return DecimalData.fromUnscaledLong(json.getIntValue(), type.getPrecision(), 0);
    }
    try {
      return TextValues.decimal(json.getDecimalValue(), type);
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(TextValues.expected(type), e);
    }
  }

  /** {@code 2001-02-03T04:05:06.789Z}, with up to six digits of a second, or none; else null. */
  private static TimestampData timestamp(JsonParser json, boolean zoned) throws IOException {
    char[] c = json.getTextCharacters();
    int at = json.getTextOffset();
    int length = json.getTextLength() - (zoned ? 1 : 0);
    boolean shaped =
        length >= 19
            && length <= 26
            && length != 20
            && (!zoned || c[at + length] == 'Z')
            && c[at + 4] == '-'
            && c[at + 7] == '-'
            && (c[at + 10] == 'T' || c[at + 10] == ' ')
            && c[at + 13] == ':'
            && c[at + 16] == ':'
            && (length == 19 || c[at + 19] == '.');
    if (!shaped) {
      return null;
    }
    int year = number(c, at, 4);
    int month = number(c, at + 5, 2);
    int day = number(c, at + 8, 2);
    int hour = number(c, at + 11, 2);
    int minute = number(c, at + 14, 2);
    int second = number(c, at + 17, 2);
    int fraction = length == 19 ? 0 : number(c, at + 20, length - 20);
    boolean inRange =
        year >= 0
            && month >= 1
            && month <= 12
            && day >= 1
            && day <= 28
            && hour >= 0
            && hour <= 23
            && minute >= 0
            && minute <= 59
            && second >= 0
            && second <= 59
            && fraction >= 0;
    if (!inRange) {
      // The last days of months are looked at more closely.
      return inRange(year, month, day, hour, minute, second, fraction)
          ? of(year, month, day, hour * 3600 + minute * 60 + second, fraction, length)
          : null;
    }
    return of(year, month, day, hour * 3600 + minute * 60 + second, fraction, length);
  }

  private static boolean inRange(
      int year, int month, int day, int hour, int minute, int second, int fraction) {
    return year >= 0
        && month >= 1
        && month <= 12
        && day >= 1
        && day <= java.time.YearMonth.of(year, month).lengthOfMonth()
        && hour >= 0
        && hour <= 23
        && minute >= 0
        && minute <= 59
        && second >= 0
        && second <= 59
        && fraction >= 0;
  }

  private static TimestampData of(
      int year, int month, int day, int secondOfDay, int fraction, int length) {
    int nanos = fraction;
    for (int digits = Math.max(0, length - 20); digits < 9; digits++) {
      nanos *= 10;
    }
    long millis =
        LocalDate.of(year, month, day).toEpochDay() * 86_400_000L
            + secondOfDay * 1000L
            + nanos / 1_000_000;
    return TimestampData.fromEpochMillis(millis, nanos % 1_000_000);
  }

  /** Digits alone; negative for anything else. */
  private static int number(char[] c, int at, int digits) {
    int number = 0;
    for (int i = at; i < at + digits; i++) {
      int digit = c[i] - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      number = number * 10 + digit;
    }
    return number;
  }

  /** The value as {@code Json.parse} has it. */
  private static Object tree(JsonParser json) throws IOException {
    switch (json.currentToken()) {
      case VALUE_NULL:
        return null;
      case VALUE_TRUE:
        return true;
      case VALUE_FALSE:
        return false;
      case VALUE_STRING:
        return json.getText();
      case VALUE_NUMBER_INT:
        BigInteger whole = json.getBigIntegerValue();
        return whole.bitLength() < 64 ? (Object) whole.longValue() : new BigDecimal(whole);
      case VALUE_NUMBER_FLOAT:
        return json.getDecimalValue();
      case START_ARRAY:
        List<Object> list = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
          list.add(tree(json));
        }
        return list;
      case START_OBJECT:
        Map<String, Object> map = new LinkedHashMap<>();
        while (json.nextToken() != JsonToken.END_OBJECT) {
          String name = json.currentName();
          json.nextToken();
          map.put(name, tree(json));
        }
        return map;
      default:
        throw new IllegalStateException("[BUG] no JSON value: " + json.currentToken());
    }
  }
}
