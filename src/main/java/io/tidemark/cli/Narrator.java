package io.tidemark.cli;

import io.tidemark.cli.text.Paint;
import io.tidemark.control.Report;
import io.tidemark.model.TidemarkException;
import java.io.PrintStream;
import java.util.List;

/** Prints the demo: headings, prose, commands as a user would type them, and what they print. */
final class Narrator {
  private static final int WIDTH = 100;

  private final PrintStream out;
  private final Paint paint;
  private int chapter;
  private boolean quoted;

  Narrator(Streams streams, Paint paint) {
    this.out = streams.out();
    this.paint = paint;
  }

  void chapter(String title) {
    quoted = false;
    chapter++;
    out.println();
    out.println(paint.strong(chapter + ". " + title));
  }

  /** A paragraph, wrapped. */
  void say(String text) {
    if (quoted) {
      out.println();
    }
    quoted = false;
    StringBuilder line = new StringBuilder();
    for (String word : text.split(" ")) {
      if (line.length() + word.length() >= WIDTH) {
        out.println(line.toString().stripTrailing());
        line.setLength(0);
      }
      line.append(word).append(' ');
    }
    out.println(line.toString().stripTrailing());
  }

  void gap() {
    out.println();
  }

  /** A command line that does what comes next. */
  void command(String command) {
    out.println();
    out.println(paint.faint("$") + " " + paint.strong(command));
    out.flush();
  }

  void show(Report report) {
    quote(TextRenderer.text(report, paint));
  }

  void refusal(TidemarkException refusal) {
    quote(ErrorText.text(refusal, paint));
    out.println("  " + paint.faint("(exit code " + refusal.category().exitCode() + ")"));
  }

  /** Lines, indented. */
  void quote(String text) {
    text.lines().forEach(line -> out.println(line.isEmpty() ? "" : "  " + line));
    quoted = true;
    out.flush();
  }

  /** The lines that one version of a file has and the other has not. */
  void edit(List<String> before, List<String> after) {
    before.stream()
        .filter(line -> !after.contains(line))
        .forEach(line -> out.println("  " + paint.bad("- " + line.strip())));
    quoted = true;
    after.stream()
        .filter(line -> !before.contains(line))
        .forEach(line -> out.println("  " + paint.good("+ " + line.strip())));
  }

  void proof(String text) {
    quoted = true;
    out.println("  " + paint.good("proved") + " " + text);
  }
}
