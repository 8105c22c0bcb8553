package io.tidemark.lake.refs;

import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.doctor.Finding;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * How long is waited for a catalog and its storage until they have told of a table. Iceberg reads a
 * metadata file up to twenty times, for ten minutes, and the client of an object store repeats each
 * of these reads; no property of either ends that. Thread-safe.
 */
public final class Patience {
  /** A catalog's property of ours: how long is waited, in milliseconds. */
  public static final String PROPERTY = "tidemark.patience-ms";

  public static final Duration DEFAULT = Duration.ofMinutes(1);

  /** After that somebody asks whether there is anything to wait for. */
  private static final long LOOK_MILLIS = 3000;

  /** Who is asked to give up may go on with a next try, and is asked again. */
  private static final long AGAIN_MILLIS = 500;

  private static final ScheduledExecutorService TIMER =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            Thread thread = new Thread(work, "tidemark-patience");
            thread.setDaemon(true);
            return thread;
          });

  private final Duration most;
  private final Supplier<Optional<Finding>> refusal;

  /**
   * @param most until a reading is given up
   * @param refusal why the storage will never answer, as far as it tells
   */
  public Patience(Duration most, Supplier<Optional<Finding>> refusal) {
    if (most.isNegative() || most.isZero()) {
      throw new IllegalArgumentException("Cannot wait for no time");
    }
    this.most = most;
    this.refusal = refusal;
  }

  /** That waits as long as is usual, whatever the storage says. */
  public static Patience usual() {
    return new Patience(DEFAULT, Optional::empty);
  }

  /**
   * Reads, and nothing else: the thread is interrupted when the time is over, and what a commit
   * came to would not be known.
   *
   * @throws TidemarkException EXTERNAL if it took too long, or the storage refuses the catalog's
   *     keys
   */
  <T> T read(String table, Supplier<T> reading) {
    Alarm alarm = new Alarm(Thread.currentThread());
    ScheduledFuture<?> rings =
        TIMER.scheduleWithFixedDelay(
            () -> alarm.ring(Optional.empty()),
            most.toMillis(),
            AGAIN_MILLIS,
            TimeUnit.MILLISECONDS);
    ScheduledFuture<?> look = TIMER.schedule(() -> look(alarm), LOOK_MILLIS, TimeUnit.MILLISECONDS);
    try {
      return reading.get();
    } catch (RuntimeException e) {
      if (!alarm.hasRung()) {
        throw e;
      }
      throw TidemarkException.external(
          alarm.why().map(w -> refused(table, w)).orElseGet(() -> tookTooLong(table)), e);
    } finally {
      look.cancel(false);
      rings.cancel(false);
      alarm.turnOff();
    }
  }

  /** In a thread of its own: storage that does not answer this either must not stop the clock. */
  private void look(Alarm alarm) {
    Thread thread =
        new Thread(
            () -> {
              Optional<Finding> why = refusal.get();
              while (why.isPresent() && alarm.ring(why)) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(AGAIN_MILLIS));
              }
            },
            "tidemark-storage-look");
    thread.setDaemon(true);
    thread.start();
  }

  private static Problem refused(String table, Finding why) {
    return Problem.of(
        "TM-LAKE-027",
        "the metadata of table '" + table + "' could not be read",
        why.what(),
        why.fix());
  }

  private Problem tookTooLong(String table) {
    return Problem.of(
        "TM-LAKE-005",
        "the metadata of table '" + table + "' could not be read",
        "the catalog or the storage did not answer, or answered with errors, for "
            + most.toSeconds()
            + " seconds; the log of this command has what they said",
        "see with 'tidemark doctor' what they answer, and repeat the command once it is well;"
            + " to wait longer, set the catalog's property "
            + PROPERTY);
  }

  /** Interrupts a thread, and leaves no trace of that behind. */
  private static final class Alarm {
    private final Thread sleeper;
    private boolean off;
    private boolean rung;
    private Optional<Finding> why = Optional.empty();

    Alarm(Thread sleeper) {
      this.sleeper = sleeper;
    }

    /** False once it is turned off. */
    synchronized boolean ring(Optional<Finding> reason) {
      if (!off) {
        rung = true;
        why = why.or(() -> reason);
        sleeper.interrupt();
      }
      return !off;
    }

    synchronized Optional<Finding> why() {
      return why;
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
