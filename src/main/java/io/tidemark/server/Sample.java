package io.tidemark.server;

import java.util.List;

/**
 * One value.
 *
 * @param labels values of the family's labels, in their order
 */
record Sample(Family family, List<String> labels, double value) {
  Sample {
    labels = List.copyOf(labels);
    if (labels.size() != family.labels().size()) {
      throw new IllegalArgumentException(family + " wants " + family.labels() + ", not " + labels);
    }
  }

  static Sample of(Family family, long value, String... labels) {
    return of(family, (double) value, labels);
  }

  static Sample of(Family family, double value, String... labels) {
    return new Sample(family, List.of(labels), value);
  }
}
