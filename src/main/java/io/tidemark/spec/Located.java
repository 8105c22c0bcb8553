package io.tidemark.spec;

import io.tidemark.model.Location;
import java.util.Objects;

/** A value and the place in a file that it was read from. */
record Located<T>(T value, Location where) {
  Located {
    Objects.requireNonNull(value, "value");
    Objects.requireNonNull(where, "where");
  }
}
