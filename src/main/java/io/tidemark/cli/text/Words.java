package io.tidemark.cli.text;

import io.tidemark.model.SliceSet;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** How numbers, times and slices read, the same in every renderer and in any locale. */
public final class Words {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);
  private static final String[] UNITS = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  private static final int RANGES_SHOWN = 3;

  private Words() {}

  public static String count(long n) {
    return String.format(Locale.ROOT, "%,d", n);
  }

  /** {@code 1 slice}, {@code 12 slices}. */
  public static String count(long n, String noun) {
    return count(n) + " " + noun + (n == 1 ? "" : "s");
  }

  public static String bytes(long bytes) {
    double value = bytes;
    int unit = 0;
    while (value >= 1000 && unit < UNITS.length - 1) {
      value /= 1000;
      unit++;
    }
    return unit == 0 ? bytes + " B" : String.format(Locale.ROOT, "%.1f %s", value, UNITS[unit]);
  }

  public static String seconds(double seconds) {
    if (seconds < 1) {
      return "under 1 s";
    }
    long whole = Math.round(seconds);
    if (whole < 120) {
      return whole + " s";
    }
    long minutes = Math.round(seconds / 60);
    return minutes < 120 ? minutes + " min" : String.format(Locale.ROOT, "%.1f h", seconds / 3600);
  }

  /** UTC, to the second. */
  public static String time(Instant instant) {
    return TIME.format(instant);
  }

  /** The ranges of a set, cut off after a few. */
  public static String slices(SliceSet slices) {
    if (slices.isEmpty()) {
      return "none";
    }
    String[] ranges = slices.toString().split(",");
    if (ranges.length <= RANGES_SHOWN) {
      return String.join(", ", ranges);
    }
    String shown = String.join(", ", java.util.Arrays.copyOf(ranges, RANGES_SHOWN));
    return shown + ", and " + count(ranges.length - RANGES_SHOWN, "more range");
  }

  /** {@code 12 slices (2001-01..2001-12)}. */
  public static String countedSlices(SliceSet slices) {
    return slices.isEmpty()
        ? "no slices"
        : count(slices.count(), "slice") + " (" + slices(slices) + ")";
  }

  /** An enum constant as a word: {@code LATE_DATA} is {@code late data}. */
  public static String of(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  /** The first character in upper case. */
  public static String sentence(String text) {
    return text.isEmpty()
        ? text
        : text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
  }

  /** Control characters made visible, so that data cannot steer a terminal. */
  public static String safe(String text) {
    StringBuilder out = null;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < ' ' || (c >= 0x7f && c < 0xa0)) {
        if (out == null) {
          out = new StringBuilder(text.substring(0, i));
        }
        out.append(c == '\n' ? "\\n" : c == '\t' ? "\\t" : String.format("\\u%04x", (int) c));
      } else if (out != null) {
        out.append(c);
      }
    }
    return out == null ? text : out.toString();
  }
}
