package io.tidemark.cli;

import io.tidemark.control.Watcher;
import java.io.PrintStream;
import java.util.HashMap;
import java.util.Map;

/**
 * Progress on stderr: a bar that is redrawn on a terminal, a line per finished step elsewhere.
 * Thread-safe.
 */
final class Progress implements Watcher {
  private static final int BAR = 24;
  private static final double NANOS = 1e9;

  private final PrintStream err;
  private final Streams.Device device;
  private final Paint paint;
  private final Map<String, Long> started = new HashMap<>();
  private boolean drawn;

  Progress(Streams streams, Paint paint) {
    this.err = streams.err();
    this.device = streams.errIs();
    this.paint = paint;
  }

  @Override
  public synchronized void note(String text) {
    clear();
    err.println(text);
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
