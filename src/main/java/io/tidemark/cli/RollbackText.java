package io.tidemark.cli;

import io.tidemark.cli.text.Paint;
import io.tidemark.control.RolledBack;
import io.tidemark.model.rollback.Setback;
import io.tidemark.model.rollback.Terms;
import java.util.List;

/** A rollback for people: what it takes, what becomes of live jobs, and how to undo it. */
final class RollbackText {
  private static final int COMMITS = 20;

  private RollbackText() {}

  static String text(RolledBack report, Paint paint) {
    Setback back = report.setback();
    if (back.from() == back.to() && back.companions().isEmpty()) {
      return paint.name(back.table()) + " is at snapshot " + back.to() + " already.\n";
    }
    boolean made = report.act() == Terms.Act.GO;
    StringBuilder text = new StringBuilder();
    text.append(made ? "Rolled " : "Rolling ")
        .append(paint.name(back.table()))
        .append(" back from snapshot ")
        .append(back.from())
        .append(" to ")
        .append(back.to())
        .append(made ? "\n" : " would change main like this:\n");
    line(text, "of " + back.at());
    line(text, "rows: " + back.rows().before() + " before, " + back.rows().after() + " after");
    commits(text, "lost", back.lost());
    commits(text, "regained", back.regained());
    back.live().ifPresent(live -> live(text, live));
    for (Setback.Companion with : back.companions()) {
      line(
          text,
          with.table()
              + " goes with it: "
              + with.rowsBefore()
              + " rows before, "
              + with.rowsAfter()
              + " after");
    }
    if (made) {
      text.append("Undo it: tidemark rollback ")
          .append(back.table())
          .append(" --to ")
          .append(back.from())
          .append(" --expect-head ")
          .append(back.to())
          .append('\n');
    }
    return text.toString();
  }

  private static void line(StringBuilder text, String line) {
    text.append("  ").append(line).append('\n');
  }

  private static void commits(StringBuilder text, String which, List<Setback.Commit> commits) {
    commits.stream()
        .limit(COMMITS)
        .forEach(
            c ->
                line(
                    text,
                    which
                        + ": "
                        + c.what()
                        + ", snapshot "
                        + c.snapshot()
                        + " of "
                        + c.at()
                        + " (+"
                        + c.added()
                        + " -"
                        + c.removed()
                        + " rows)"));
    if (commits.size() > COMMITS) {
      line(text, which + ": " + (commits.size() - COMMITS) + " more commits");
    }
  }

  private static void live(StringBuilder text, Setback.Live live) {
    if (live.lost() > 0) {
      line(text, "lost: " + live.lost() + " checkpoints of live jobs");
    }
    if (live.regained() > 0) {
      line(text, "regained: " + live.regained() + " checkpoints of live jobs");
    }
    for (Setback.Offset offset : live.offsets()) {
      line(
          text,
          "partition "
              + offset.partition()
              + " is read next from offset "
              + offset.after()
              + ", instead of "
              + offset.before());
    }
    line(text, "the next start of the live job goes on from there: tidemark live start");
  }
}
