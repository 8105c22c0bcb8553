package io.tidemark.model;

import java.util.Objects;
import java.util.Optional;

/**
 * One thing that is wrong, as a person reads it. Never holds a secret or row data.
 *
 * @param code stable and searchable, such as {@code TM-SPEC-012}
 * @param what what is wrong, lower case, no full stop: {@code unknown key 'lookbak'}
 * @param why why that is refused, or what it would lead to; may be empty
 * @param fix what to do; may be empty only where nothing can be done
 * @param where the place, if a file is to blame
 */
public record Problem(String code, String what, String why, String fix, Optional<Location> where) {
  public Problem {
    Objects.requireNonNull(code, "code");
    Objects.requireNonNull(what, "what");
    Objects.requireNonNull(why, "why");
    Objects.requireNonNull(fix, "fix");
    Objects.requireNonNull(where, "where");
  }

  public static Problem at(Location where, String code, String what, String why, String fix) {
    return new Problem(code, what, why, fix, Optional.of(where));
  }

  public static Problem of(String code, String what, String why, String fix) {
    return new Problem(code, what, why, fix, Optional.empty());
  }

  @Override
  public String toString() {
    return where.map(w -> w + ": ").orElse("") + code + ": " + what;
  }
}
