package io.tidemark.spec.yaml;

import io.tidemark.model.Location;
import java.util.Objects;

/** A value and the place in a file that it was read from. */
public record Located<T>(T value, Location where) {
  public Located {
    Objects.requireNonNull(value, "value");
    Objects.requireNonNull(where, "where");
  }
}
