package io.tidemark.lake.refs;

import io.tidemark.model.ClockBehind;
import io.tidemark.model.Problem;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.iceberg.exceptions.CommitFailedException;
import org.apache.iceberg.exceptions.CommitStateUnknownException;
import org.apache.iceberg.exceptions.ForbiddenException;
import org.apache.iceberg.exceptions.NoSuchNamespaceException;
import org.apache.iceberg.exceptions.NoSuchTableException;
import org.apache.iceberg.exceptions.NotAuthorizedException;
import org.apache.iceberg.exceptions.NotFoundException;
import org.apache.iceberg.exceptions.RESTException;
import org.apache.iceberg.exceptions.RuntimeIOException;
import org.apache.iceberg.exceptions.ValidationException;
import org.apache.iceberg.jdbc.UncheckedInterruptedException;
import org.apache.iceberg.jdbc.UncheckedSQLException;

/** Turns what Iceberg throws into what a person can act on; what is left is a bug. */
public final class Trouble {
  /** Which is told by name, since it is only there where files are in S3. */
  private static final String S3_CLIENT = "software.amazon.";

  private Trouble() {}

  public static <T> T explain(TableRef table, String doing, Supplier<T> action) {
    try {
      return action.get();
    } catch (TidemarkException e) {
      throw e;
    } catch (RuntimeException e) {
      throw explain(table, doing, e);
    }
  }

  public static void explain(TableRef table, String doing, Runnable action) {
    explain(
        table,
        doing,
        () -> {
          action.run();
          return null;
        });
  }

  /** The exception to throw instead; the same one if it is a bug. */
  public static RuntimeException explain(TableRef table, String doing, RuntimeException e) {
    if (among(e, t -> t instanceof NoSuchTableException || t instanceof NoSuchNamespaceException)) {
      return TidemarkException.external(
          Problem.of(
              "TM-LAKE-001",
              "table '" + table + "' is gone while " + doing,
              "it was dropped or renamed by somebody else",
              "restore or rename it, or change the dataset's table, and repeat the command"),
          e);
    }
    if (among(e, NotFoundException.class::isInstance)) {
      return TidemarkException.external(
          Problem.of(
              "TM-LAKE-002",
              "a file of table '" + table + "' is gone while " + doing,
              "it was deleted outside of Iceberg, or its snapshot expired meanwhile",
              "repeat the command; if it fails again, roll the table back to a snapshot whose files"
                  + " are there"),
          e);
    }
    if (ClockBehind.isCauseOf(e)) {
      return ClockBehind.problem(
          "TM-LAKE-004", "cannot go on " + doing + " table '" + table + "'", e);
    }
    if (among(e, Trouble::isOutside)) {
      return TidemarkException.external(
          Problem.of(
              "TM-LAKE-003",
              "cannot reach the catalog or the files of table '" + table + "' while " + doing,
              "the catalog or the file system answered: " + reason(e),
              "check that both can be reached and written, then repeat the command"),
          e);
    }
    return e;
  }

  /** What goes wrong in a thread of its own comes wrapped. */
  private static boolean among(Throwable thrown, Predicate<Throwable> kind) {
    return thrown != null && (kind.test(thrown) || among(thrown.getCause(), kind));
  }

  private static boolean isOutside(Throwable e) {
    return e instanceof UncheckedSQLException
        || e instanceof UncheckedInterruptedException
        || e instanceof UncheckedIOException
        || e instanceof IOException
        || e instanceof RuntimeIOException
        || e instanceof CommitFailedException
        || e instanceof CommitStateUnknownException
        || e instanceof ValidationException
        || e instanceof RESTException
        || e instanceof ForbiddenException
        || e instanceof NotAuthorizedException
        || e.getClass().getName().startsWith(S3_CLIENT);
  }

  /** The innermost message, which says most. */
  public static String reason(Throwable e) {
    Throwable cause = e;
    while (cause.getCause() != null && cause.getCause() != cause) {
      cause = cause.getCause();
    }
    String message = cause.getMessage();
    return message == null ? cause.getClass().getSimpleName() : message;
  }
}
