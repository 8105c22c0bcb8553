package io.tidemark.model;

import java.util.List;
import java.util.stream.Collectors;

/**
 * What a person must read. The category decides the exit code and whether a retry may help; it is
 * chosen where the error is raised. Anything else that is thrown is a bug.
 */
public final class TidemarkException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Who has to act, with the process exit code. */
  public enum Category {
    /** The user's files or arguments are wrong; the same call fails again. */
    USER(1),
    /** The command line itself cannot be read. */
    USAGE(2),
    /** Something outside failed (catalog, cluster, disk); the same call may succeed later. */
    EXTERNAL(3),
    /** A gate refused: unexplained rows, a failed check, a conflict, a lease held by another. */
    REFUSED(4);

    private final int exitCode;

    Category(int exitCode) {
      this.exitCode = exitCode;
    }

    public int exitCode() {
      return exitCode;
    }
  }

  private final Category category;
  private final transient List<Problem> problems;

  public TidemarkException(Category category, List<Problem> problems, Throwable cause) {
    super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")), cause);
    this.category = category;
    this.problems = List.copyOf(problems);
  }

  public static TidemarkException user(Problem problem) {
    return new TidemarkException(Category.USER, List.of(problem), null);
  }

  public static TidemarkException user(List<Problem> problems) {
    return new TidemarkException(Category.USER, problems, null);
  }

  public static TidemarkException external(Problem problem, Throwable cause) {
    return new TidemarkException(Category.EXTERNAL, List.of(problem), cause);
  }

  public static TidemarkException refused(Problem problem) {
    return new TidemarkException(Category.REFUSED, List.of(problem), null);
  }

  public Category category() {
    return category;
  }

  /** At least one. */
  public List<Problem> problems() {
    return problems;
  }
}
