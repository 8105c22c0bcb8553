package io.tidemark.lake.refs;

import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * How long is waited for a catalog and its storage until they have told of a table. Iceberg reads a
 * metadata file up to twenty times, for ten minutes, and the client of an object store repeats each
 * of these reads; no property of either ends that. Thread-safe.
 *
 * @param most until the reading is given up
 */
public record Patience(Duration most) {
  /** A catalog's property of ours: {@link #most}, in milliseconds. */
  public static final String PROPERTY = "tidemark.patience-ms";

  public static final Patience DEFAULT = new Patience(Duration.ofMinutes(1));

  public Patience {
    if (most.isNegative() || most.isZero()) {
      throw new IllegalArgumentException("Cannot wait for no time");
    }
  }

  /** Who is asked to give up may go on with a next try, and is asked again. */
  private static final long AGAIN_MILLIS = 500;

  private static final ScheduledExecutorService TIMER =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            Thread thread = new Thread(work, "tidemark-patience");
            thread.setDaemon(true);
            return thread;
          });

  /**
   * Reads, and nothing else: the thread is interrupted when the time is over, and what a commit
   * came to would not be known.
   *
   * @throws TidemarkException EXTERNAL if it took too long
   */
  <T> T read(String table, Supplier<T> reading) {
    Alarm alarm = new Alarm(Thread.currentThread());
    ScheduledFuture<?> rings =
        TIMER.scheduleWithFixedDelay(
            alarm::ring, most.toMillis(), AGAIN_MILLIS, TimeUnit.MILLISECONDS);
    try {
      return reading.get();
    } catch (RuntimeException e) {
      if (!alarm.hasRung()) {
        throw e;
      }
      throw TidemarkException.external(
          Problem.of(
              "TM-LAKE-005",
              "the metadata of table '" + table + "' could not be read",
              "the catalog or the storage did not answer, or answered with errors, for "
                  + most.toSeconds()
                  + " seconds; the log of this command has what they said",
              "see with 'tidemark doctor' what they answer, and repeat the command once it is well;"
                  + " to wait longer, set the catalog's property "
                  + PROPERTY),
          e);
    } finally {
      rings.cancel(false);
      alarm.turnOff();
    }
  }

  /** Interrupts a thread, and leaves no trace of that behind. */
  private static final class Alarm {
    private final Thread sleeper;
    private boolean off;
    private boolean rung;

    Alarm(Thread sleeper) {
      this.sleeper = sleeper;
    }

    synchronized void ring() {
      if (!off) {
        rung = true;
        sleeper.interrupt();
      }
    }

    synchronized boolean hasRung() {
      return rung;
    }

    synchronized void turnOff() {
      off = true;
      if (rung) {
        boolean ignored = Thread.interrupted();
      }
    }
  }
}
