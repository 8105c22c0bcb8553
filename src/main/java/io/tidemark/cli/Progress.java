package io.tidemark.cli;

import io.tidemark.cli.text.Paint;
import io.tidemark.control.Watcher;
import io.tidemark.model.LiveStatus;
import java.io.PrintStream;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * Progress on stderr: a bar that is redrawn on a terminal, a line per finished step elsewhere.
 * Thread-safe.
 */
final class Progress implements Watcher {
  private static final int BAR = 24;
  private static final double NANOS = 1e9;
  private static final long MINUTE = 60_000_000_000L;

  private final PrintStream err;
  private final Streams.Device device;
  private final Paint paint;
  private final Map<String, Long> started = new HashMap<>();
  private final BooleanSupplier end;
  private boolean drawn;
  private final Map<String, Told> told = new HashMap<>();

  Progress(Streams streams, Paint paint) {
    this(streams, paint, () -> false);
  }

  /**
   * @param end whether work that does not end by itself should
   */
  Progress(Streams streams, Paint paint, BooleanSupplier end) {
    this.end = end;
    this.err = streams.err();
    this.device = streams.errIs();
    this.paint = paint;
  }

  /** What was said last of a live job. */
  private record Told(String essence, long at) {}

  @Override
  public synchronized void note(String text) {
    clear();
    err.println(text);
  }

  @Override
  public boolean wantsTheEnd() {
    return end.getAsBoolean();
  }

  /** Redrawn on a terminal; elsewhere a line a minute, and when something changed. */
  @Override
  public synchronized void status(LiveStatus status) {
    if (device == Streams.Device.TERMINAL) {
      clear();
      err.print(LiveText.line(status, paint));
      err.flush();
      drawn = true;
      return;
    }
    String essence = LiveText.essence(status);
    long now = System.nanoTime();
    Told before = told.get(status.name());
    if (before == null || !essence.equals(before.essence()) || now - before.at() > MINUTE) {
      err.println(LiveText.line(status, paint));
      told.put(status.name(), new Told(essence, now));
    }
  }

  @Override
  public synchronized void step(StepProgress progress) {
    started.putIfAbsent(progress.step(), System.nanoTime());
    switch (progress.phase()) {
      case STARTED, RUNNING -> {
        if (device == Streams.Device.TERMINAL) {
          draw(progress);
        }
      }
      case DONE -> end(progress, paint.good("done"));
      case FAILED -> end(progress, paint.bad("failed"));
    }
  }

  private void end(StepProgress progress, String word) {
    clear();
    Long start = started.remove(progress.step());
    double seconds = start == null ? 0 : (System.nanoTime() - start) / NANOS;
    err.println(
        "  "
            + word
            + " "
            + progress.label()
            + (progress.detail().isEmpty() ? "" : ", " + progress.detail())
            + paint.faint(String.format(java.util.Locale.ROOT, " (%.1f s)", seconds)));
  }

  private void draw(StepProgress progress) {
    clear();
    double fraction = Math.min(1, progress.fraction());
    int marks = (int) Math.max(0, Math.round(fraction * BAR));
    String bar = fraction < 0 ? "?".repeat(BAR) : "#".repeat(marks) + ".".repeat(BAR - marks);
    err.print("  [" + paint.name(bar) + "] " + progress.label());
    err.print(progress.detail().isEmpty() ? "" : ", " + progress.detail());
    err.flush();
    drawn = true;
  }

  /** Takes a drawn bar away, so that a line can be printed. */
  synchronized void clear() {
    if (drawn) {
      err.print("\r\u001b[2K");
      drawn = false;
    }
  }
}
