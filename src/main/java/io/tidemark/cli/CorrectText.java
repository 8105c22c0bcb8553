package io.tidemark.cli;

import io.tidemark.cli.text.Paint;
import io.tidemark.cli.text.Words;
import io.tidemark.control.Corrected;
import io.tidemark.model.RunState;

/** What a round of corrections rebuilt, and what it left. */
final class CorrectText {
  private CorrectText() {}

  static String text(Corrected report, Paint paint) {
    StringBuilder out = new StringBuilder();
    if (report.run().isEmpty()) {
      out.append(report.waiting().isEmpty() ? "Nothing came late.\n" : "Nothing to correct yet.\n");
    }
    report
        .run()
        .ifPresent(
            run -> {
              boolean published = run.state() == RunState.PUBLISHED;
              String state = Words.of(run.state());
              out.append("Run ").append(run.run()).append(": ");
              out.append(published ? paint.good(state) : paint.warn(state)).append('\n');
              for (Corrected.Slices s : report.corrected()) {
                out.append("  ").append(paint.name(s.dataset().value())).append(": ");
                out.append(Words.countedSlices(s.slices()));
                out.append("; expected to differ: ").append(Words.safe(s.expected()));
                out.append('\n');
              }
              if (!published) {
                out.append("  ").append(Words.safe(run.reason())).append('\n');
                out.append("The candidate is kept. Next: tidemark diff ").append(run.run());
                out.append('\n');
              }
            });
    for (Corrected.Waiting w : report.waiting()) {
      out.append("  ").append(paint.name(w.dataset().value())).append(": ");
      out.append(Words.countedSlices(w.slices())).append(" waiting: ").append(w.why());
      out.append('\n');
    }
    return out.toString();
  }
}
