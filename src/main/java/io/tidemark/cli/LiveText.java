package io.tidemark.cli;

import io.tidemark.cli.text.Paint;
import io.tidemark.cli.text.TextTable;
import io.tidemark.cli.text.Words;
import io.tidemark.control.Report;
import io.tidemark.model.LiveStatus;
import io.tidemark.model.LiveStatus.Checkpoints;
import io.tidemark.model.LiveStatus.Health;
import io.tidemark.model.LiveStatus.Lag;
import io.tidemark.model.LiveStatus.SourceStatus;
import io.tidemark.model.LiveStatus.State;
import io.tidemark.model.LiveStatus.TaskStatus;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** How a live job does: on a page, and in one line. */
final class LiveText {
  private LiveText() {}

  static String text(Report.LiveShown report, Paint paint) {
    StringBuilder out = new StringBuilder();
    one(report.event(), report.job(), paint, out);
    report.others().forEach(o -> one(o.event(), o.job(), paint, out.append('\n')));
    if (!report.otherCode().isEmpty()) {
      out.append("\n  The live job runs other code than jobs/ holds, for ")
          .append(
              report.otherCode().stream().map(Object::toString).collect(Collectors.joining(", ")))
          .append(": plans take what it closes for stale.\n");
    }
    return out.append('\n').append(next(report, report.job())).append('\n').toString();
  }

  private static void one(Report.LiveEvent event, LiveStatus job, Paint paint, StringBuilder out) {
    out.append(event(event))
        .append("live job ")
        .append(paint.strong(job.name()))
        .append(event == Report.LiveEvent.LOOKED_AT ? ": " + state(job, paint) : "")
        .append("\n  ")
        .append(checkpoints(job))
        .append('\n');
    job.pressure()
        .filter(p -> p.ratio() >= 0.1)
        .ifPresent(
            p ->
                out.append("  backpressure ")
                    .append(percent(p.ratio()))
                    .append(" at ")
                    .append(Words.safe(p.part()))
                    .append('\n'));
    if (!job.sources().isEmpty()) {
      out.append('\n').append(sources(job, paint));
    }
    job.follows()
        .forEach(
            f ->
                out.append("  follows the table of ")
                    .append(paint.name(f.dataset().value()))
                    .append(f.openFrom().map(s -> ", open from " + s).orElse(", all open"))
                    .append('\n'));
    if (!job.tasks().isEmpty()) {
      out.append('\n').append(tasks(job, paint));
    }
    silent(job, out);
    job.shadow().ifPresent(shadow -> out.append('\n').append(ShadowText.text(shadow, paint)));
  }

  private static String event(Report.LiveEvent event) {
    return switch (event) {
      case LOOKED_AT -> "";
      case STARTED -> "Started ";
      case PROMOTED -> "Promoted: ";
      case DEMOTED -> "Went back to the version before: ";
      case STOPPED -> "Stopped after a last commit: ";
      case UNCOMMITTED ->
          "Stopped, but the last commit failed, so the next start reads again what it was of: ";
      case CANCELLED -> "Cancelled without a last commit: ";
      case NOT_RUNNING -> "Not running: ";
    };
  }

  private static String state(LiveStatus job, Paint paint) {
    return state(job.health(), paint);
  }

  static String state(Health health, Paint paint) {
    String word = Words.of(health.state());
    String painted =
        switch (health.state()) {
          case RUNNING -> paint.good(word);
          case FAILED -> paint.bad(word.toUpperCase(Locale.ROOT));
          case STARTING, STOPPING, NOT_RUNNING -> word;
          case RESTARTING, COMMITS_WAITING -> paint.warn(word);
        };
    return painted
        + (health.reason().isEmpty() ? "" : ": " + Words.safe(health.reason()))
        + health.since().map(at -> paint.faint(" (since " + Words.time(at) + " UTC)")).orElse("")
        + (health.restarts() == 0 ? "" : ", " + Words.count(health.restarts(), "restart"));
  }

  private static String checkpoints(LiveStatus job) {
    Checkpoints c = job.checkpoints();
    if (c.last() == 0) {
      return "no checkpoint yet";
    }
    return (c.epoch() == 0 ? "" : "start " + c.epoch() + ", ")
        + "checkpoint "
        + Words.count(c.last())
        + c.age()
            .map(
                age ->
                    " "
                        + time(age)
                        + " ago, "
                        + Words.bytes(c.bytes())
                        + " of state, took "
                        + time(c.took()))
            .orElse("")
        + (c.failed() == 0 ? "" : ", " + Words.count(c.failed()) + " failed");
  }

  private static TextTable sources(LiveStatus job, Paint paint) {
    TextTable table = new TextTable(paint).left("SOURCE", "TOPIC", "WATERMARK (UTC)");
    table.right("LAG", "BEHIND", "DEAD LETTERS").left("SILENT PARTITIONS");
    for (SourceStatus s : job.sources()) {
      table
          .row()
          .cell(s.dataset().value(), paint::name)
          .cell(s.topic(), t -> t)
          .cell(s.watermark().map(Words::time).orElse("-"), t -> t)
          .cell(s.lag().events().map(n -> Words.count(n, "event")).orElse("unknown"), t -> t)
          .cell(s.lag().time().map(LiveText::time).orElse("-"), t -> t)
          .cell(Words.count(s.deadLetters()), s.deadLetters() == 0 ? paint::faint : paint::warn)
          .cell(numbers(s.silent()), t -> t);
    }
    return table;
  }

  private static TextTable tasks(LiveStatus job, Paint paint) {
    TextTable table = new TextTable(paint).left("DATASET", "OPEN FROM").right("OPEN SLICES");
    table.right("LATE ROWS").left("NOT VOUCHED FOR");
    for (TaskStatus t : job.tasks()) {
      table
          .row()
          .cell(t.dataset().value(), paint::name)
          .cell(t.openFrom().orElse("its first slice"), s -> s)
          .cell(Words.count(t.open().count()), s -> s)
          .cell(Words.count(t.late()), t.late() == 0 ? paint::faint : paint::warn)
          .cell(t.doubted().isEmpty() ? "" : Words.countedSlices(t.doubted()), paint::warn);
    }
    return table;
  }

  private static void silent(LiveStatus job, StringBuilder out) {
    for (SourceStatus s : job.sources()) {
      if (!s.silent().isEmpty()) {
        out.append("\n  ")
            .append(s.dataset())
            .append(": the watermark does not wait for ")
            .append(s.silent().size() == 1 ? "partition " : "partitions ")
            .append(numbers(s.silent()))
            .append(", silent for more than ")
            .append(time(s.idleAfter()))
            .append('\n');
      }
    }
  }

  private static String numbers(List<Integer> numbers) {
    return numbers.stream().map(String::valueOf).collect(Collectors.joining(", "));
  }

  private static String next(Report.LiveShown report, LiveStatus job) {
    boolean late = job.tasks().stream().anyMatch(t -> t.late() > 0 || !t.doubted().isEmpty());
    return switch (job.health().state()) {
      case NOT_RUNNING, FAILED ->
          report.event() == Report.LiveEvent.LOOKED_AT || job.checkpoints().last() == 0
              ? "Next: tidemark live start"
              : "Its open slices stay its own; go on with them: tidemark live start";
      case STARTING, STOPPING, RUNNING, COMMITS_WAITING, RESTARTING ->
          late
              ? "What came late is in the slices that tidemark status calls stale."
              : "Stop it after a last commit: tidemark live stop";
    };
  }

  /** All of it in one line. */
  static String line(LiveStatus job, Paint paint) {
    StringBuilder line = new StringBuilder(job.name()).append(' ').append(state(job, paint));
    long behind = 0;
    for (SourceStatus s : job.sources()) {
      behind += s.lag().events().orElse(0L);
    }
    Optional<Lag> unknown =
        job.sources().stream().map(SourceStatus::lag).filter(l -> l.events().isEmpty()).findFirst();
    line.append(", lag ").append(unknown.isPresent() ? "unknown" : Words.count(behind, "event"));
    for (TaskStatus t : job.tasks()) {
      line.append(", ")
          .append(t.dataset())
          .append(" open from ")
          .append(t.openFrom().orElse("its first slice"));
      if (t.late() > 0) {
        line.append(" (").append(Words.count(t.late())).append(" late)");
      }
    }
    if (job.checkpoints().last() > 0) {
      line.append(", checkpoint ").append(Words.count(job.checkpoints().last()));
    }
    return line.toString();
  }

  /** What must have changed for a line to be worth another one where nothing can be redrawn. */
  static String essence(LiveStatus job) {
    State state = job.health().state();
    return state
        + job.health().reason()
        + job.tasks().stream()
            .map(t -> t.dataset() + "@" + t.openFrom().orElse(""))
            .collect(Collectors.joining(","));
  }

  private static String percent(double ratio) {
    return Math.round(ratio * 100) + "%";
  }

  static String time(Duration time) {
    double seconds = time.toMillis() / 1000.0;
    return seconds == 0 ? "0 s" : Words.seconds(seconds);
  }
}
