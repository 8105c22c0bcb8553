package io.tidemark.spec.yaml;

import io.tidemark.model.Location;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Collects everything that is wrong, so that it can be reported at once. Not thread-safe. */
public final class Problems {
  private static final Comparator<Problem> BY_PLACE =
      Comparator.comparing((Problem p) -> p.where().map(Location::file).orElse(""))
          .thenComparing(p -> p.where().map(Location::line).orElse(0))
          .thenComparing(p -> p.where().map(Location::column).orElse(0))
          .thenComparing(Problem::code)
          .thenComparing(Problem::what);

  private final List<Problem> found = new ArrayList<>();

  /** Adds a problem at its place. */
  public void add(Location where, String code, String what, String why, String fix) {
    add(Problem.at(where, code, what, why, fix));
  }

  /** Adds a problem, unless it is known. */
  public void add(Problem problem) {
    if (!found.contains(problem)) {
      found.add(problem);
    }
  }

  /** How many there are; compare two counts to know whether a step found some. */
  public int count() {
    return found.size();
  }

  /** Whether nothing is wrong so far. */
  public boolean isEmpty() {
    return found.isEmpty();
  }

  /** By file, line and column. */
  public List<Problem> sorted() {
    return found.stream().sorted(BY_PLACE).toList();
  }

  /** Why a file could not be read, in words for a problem. */
  public static String reason(IOException e) {
    return e.getClass().getSimpleName() + (e.getMessage() == null ? "" : ": " + e.getMessage());
  }

  /**
   * @throws TidemarkException USER with all of them, if there are any
   */
  public void throwIfAny() {
    if (!found.isEmpty()) {
      throw TidemarkException.user(sorted());
    }
  }
}
