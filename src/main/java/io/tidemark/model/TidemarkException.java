package io.tidemark.model;

import java.io.Serializable;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What a person must read. The category decides the exit code and whether a retry may help; it is
 * chosen where the error is raised. Anything else that is thrown is a bug.
 *
 * <p>Survives the way out of a Flink job: Java serialization keeps everything, and so does a
 * printed stack trace, since {@link #toString} writes category and problems as JSON in one line.
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

  public static TidemarkException user(Problem problem, Throwable cause) {
    return new TidemarkException(Category.USER, List.of(problem), cause);
  }

  public static TidemarkException user(List<Problem> problems) {
    return new TidemarkException(Category.USER, problems, null);
  }

  public static TidemarkException usage(Problem problem) {
    return new TidemarkException(Category.USAGE, List.of(problem), null);
  }

  public static TidemarkException external(Problem problem, Throwable cause) {
    return new TidemarkException(Category.EXTERNAL, List.of(problem), cause);
  }

  public static TidemarkException refused(Problem problem) {
    return refused(List.of(problem));
  }

  public static TidemarkException refused(List<Problem> problems) {
    return new TidemarkException(Category.REFUSED, problems, null);
  }

  public Category category() {
    return category;
  }

  /** At least one. */
  public List<Problem> problems() {
    return problems;
  }

  /** The innermost exception of this class that a printed stack trace tells of. */
  public static Optional<TidemarkException> findIn(String stackTrace) {
    String prefix = TidemarkException.class.getName() + ": ";
    int at = stackTrace.lastIndexOf(prefix + "{");
    if (at < 0) {
      return Optional.empty();
    }
    int end = stackTrace.indexOf('\n', at);
    String json = stackTrace.substring(at + prefix.length(), end < 0 ? stackTrace.length() : end);
    try {
      return Optional.of(RecordJson.read(json.strip(), Told.class).toException(null));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  @Override
  public String toString() {
    return getClass().getName() + ": " + RecordJson.write(new Told(category, problems), Told.class);
  }

  private Object writeReplace() {
    return new Form(RecordJson.write(new Told(category, problems), Told.class), getCause());
  }

  /** What is told of an exception outside its process. */
  private record Told(Category category, List<Problem> problems) {
    TidemarkException toException(Throwable cause) {
      return new TidemarkException(category, problems, cause);
    }
  }

  /** The serialized form. */
  private record Form(String json, Throwable cause) implements Serializable {
    private Object readResolve() {
      return RecordJson.read(json, Told.class).toException(cause);
    }
  }
}
