package io.tidemark.model.doctor;

import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * One line of an examination.
 *
 * @param area what was looked at: home, catalog, files, database, clock, flink, kafka
 * @param what was found; holds no secrets
 * @param fix what to do; empty where nothing is
 */
public record Finding(String area, Level level, String what, String fix) {

  /** How bad it is, the worst last. */
  public enum Level {
    OK,
    /** It works, and may surprise. */
    WARN,
    /** It does not work. */
    FAIL
  }

  public Finding {
    Objects.requireNonNull(area, "area");
    Objects.requireNonNull(level, "level");
    Objects.requireNonNull(what, "what");
    Objects.requireNonNull(fix, "fix");
  }

  public static Finding ok(String area, String what) {
    return new Finding(area, Level.OK, what, "");
  }

  public static Finding warn(String area, String what, String fix) {
    return new Finding(area, Level.WARN, what, fix);
  }

  public static Finding fail(String area, String what, String fix) {
    return new Finding(area, Level.FAIL, what, fix);
  }

  /** What an examination finds, or what kept it from being made. */
  public static List<Finding> of(String area, Supplier<List<Finding>> examination) {
    try {
      return examination.get();
    } catch (TidemarkException e) {
      List<Finding> findings = new ArrayList<>();
      for (Problem problem : e.problems()) {
        String why = problem.why().isEmpty() ? "" : ": " + problem.why();
        findings.add(fail(area, problem.what() + why, problem.fix()));
      }
      return findings;
    }
  }
}
