package io.tidemark.control;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The name that a typo most likely meant. */
final class Nearest {
  private Nearest() {}

  /** Empty if none is within a third of the word's length in edits. */
  static Optional<String> of(String word, List<String> known) {
    int limit = Math.max(1, word.length() / 3);
    return known.stream()
        .filter(name -> edits(word, name) <= limit)
        .min(Comparator.comparingInt((String name) -> edits(word, name)));
  }

  private static int edits(String a, String b) {
    String from = a.toLowerCase(Locale.ROOT);
    String to = b.toLowerCase(Locale.ROOT);
    int[] row = new int[to.length() + 1];
    for (int j = 0; j <= to.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= from.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= to.length(); j++) {
        int replaced = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[to.length()];
  }
}
