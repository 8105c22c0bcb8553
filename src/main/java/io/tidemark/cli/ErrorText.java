package io.tidemark.cli;

import io.tidemark.cli.text.Paint;
import io.tidemark.cli.text.Words;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** What went wrong, for people: every problem with what, why, what to do and where. */
final class ErrorText {
  private ErrorText() {}

  static String text(TidemarkException error, Paint paint) {
    List<Problem> problems = error.problems();
    StringBuilder out = new StringBuilder();
    for (Problem problem : problems) {
      problem.where().ifPresent(w -> out.append(paint.strong(w.toString())).append(": "));
      out.append(paint.bad("error"))
          .append(' ')
          .append(paint.faint(problem.code()))
          .append(": ")
          .append(paint.strong(Words.safe(problem.what())))
          .append('\n');
      part(out, "why", problem.why(), paint);
      part(out, "fix", problem.fix(), paint);
    }
    if (problems.size() > 1) {
      out.append(Words.count(problems.size(), "problem")).append('\n');
    }
    return out.toString();
  }

  private static void part(StringBuilder out, String name, String text, Paint paint) {
    if (!text.isEmpty()) {
      String lines = text.strip().lines().map(Words::safe).collect(Collectors.joining("\n       "));
      out.append("  ").append(paint.faint(name + ":")).append(' ').append(lines).append('\n');
    }
  }

  /** A bug: no trace, but where it is. */
  static String bug(Throwable bug, Path log, Paint paint) {
    String message = bug.getMessage() == null ? "" : ": " + Words.safe(bug.getMessage());
    return paint.bad("error")
        + " "
        + paint.faint("TM-BUG-001")
        + ": "
        + paint.strong("Tidemark failed by a mistake of its own")
        + "\n  "
        + paint.faint("why:")
        + " "
        + bug.getClass().getSimpleName()
        + message
        + "\n  "
        + paint.faint("fix:")
        + " report it with the log "
        + log
        + "; the same command is safe to repeat, unfinished runs resume\n";
  }
}
