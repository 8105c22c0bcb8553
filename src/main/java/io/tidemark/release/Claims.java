package io.tidemark.release;

import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import io.tidemark.store.Store;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Keeps two processes from working on the same run or table at once, by leases in the store that
 * are renewed while the work goes on. The lease of a process of this host that is gone is taken
 * over at once, so that a killed command can be repeated without waiting. Thread-safe.
 */
public final class Claims {
  /** The code of a claim that another process has. */
  public static final String CLAIMED = "TM-RUN-001";

  private static final Duration TTL = Duration.ofSeconds(60);
  private static final Duration RENEWAL = Duration.ofSeconds(15);
  private static final int RELEASES = 2;

  private final Store store;
  private final Clock clock;
  private final LongSupplier nanos;

  public Claims(Store store, Clock clock) {
    this(store, clock, System::nanoTime);
  }

  /**
   * @param nanos time that passes, of any origin, however the clock is set
   */
  Claims(Store store, Clock clock, LongSupplier nanos) {
    this.store = store;
    this.clock = clock;
    this.nanos = nanos;
  }

  /**
   * Takes all of these or none.
   *
   * @throws TidemarkException REFUSED if another one has one of them; the message names it
   */
  public Claim take(Collection<String> names) {
    Claim claim = new Claim(Holder.current());
    try {
      for (String name : new TreeSet<>(names)) {
        claim.add(name);
      }
    } catch (RuntimeException e) {
      claim.close();
      throw e;
    }
    claim.keepAlive();
    return claim;
  }

  /** Whether no living process works on a run. Another may begin to right after the answer. */
  public static boolean isFree(Store store, Clock clock, Store.RunRow run) {
    try (Claim claim = new Claims(store, clock).take(Runs.claims(run))) {
      claim.check();
      return true;
    } catch (TidemarkException e) {
      if (e.category() == TidemarkException.Category.REFUSED) {
        return false;
      }
      throw e;
    }
  }

  /** Whether another living process works under a name. */
  public static boolean isElsewhere(Store store, Clock clock, String name) {
    return store.leases(clock.instant()).stream()
        .filter(lease -> lease.lease().equals(name))
        .map(Store.LeaseRow::holder)
        .anyMatch(holder -> !Holder.isHere(holder) && !Holder.isGone(holder));
  }

  /** Leases that this holder has, until it is closed. Thread-safe. */
  public final class Claim implements AutoCloseable {
    private final Holder holder;
    private final List<String> names = new ArrayList<>();
    private final ScheduledExecutorService heart =
        Executors.newSingleThreadScheduledExecutor(
            work -> {
              Thread thread = new Thread(work, "tidemark-leases");
              thread.setDaemon(true);
              return thread;
            });
    private Instant renewed = clock.instant();
    private long renewedNanos = nanos.getAsLong();
    private boolean lost;
    private boolean closed;

    private Claim(Holder holder) {
      this.holder = holder;
    }

    private void add(String name) {
      // Before it is known to be ours: an answer that is lost must not leave a lease behind.
      names.add(name);
      Optional<Store.LeaseRow> other = acquire(name);
      if (other.isPresent() && Holder.isGone(other.get().holder())) {
        store.release(name, other.get().holder());
        other = acquire(name);
      }
      if (other.isPresent()) {
        throw TidemarkException.refused(
            Problem.of(
                CLAIMED,
                name + " is being worked on by " + other.get().holder(),
                "two at once would undo each other's work",
                "wait until it is done; if it died, its claim ends at " + other.get().expires()));
      }
    }

    private Optional<Store.LeaseRow> acquire(String name) {
      return store.acquire(name, holder.toString(), TTL, clock.instant());
    }

    private void keepAlive() {
      long period = RENEWAL.toSeconds();
      ScheduledFuture<?> unused =
          heart.scheduleWithFixedDelay(this::renew, period, period, TimeUnit.SECONDS);
    }

    /**
     * One that is under way when the claim is given up would take it again for nobody. What another
     * has had meanwhile is lost for good, also if nobody has it now.
     */
    synchronized void renew() {
      if (closed || lost) {
        return;
      }
      Instant now = clock.instant();
      long nanosNow = nanos.getAsLong();
      try {
        for (String name : names) {
          lost |= !store.renew(name, holder.toString(), TTL, now);
        }
        renewed = now;
        renewedNanos = nanosNow;
      } catch (TidemarkException e) {
        // The store did not answer. The claim holds until its time is over; check() looks at that.
      }
    }

    /**
     * Call before anything that another process must not do at the same time.
     *
     * @throws TidemarkException REFUSED if the claim ran out or was taken over
     */
    public synchronized void check() {
      if (isOver()) {
        // Maybe the clock was set, or the process was asleep, and nobody came meanwhile.
        renew();
      }
      if (lost || isOver()) {
        throw TidemarkException.refused(
            Problem.of(
                "TM-RUN-002",
                "the claim on " + String.join(", ", names) + " ran out",
                "this process could not renew it in time and another one may have taken over",
                "repeat the command; it resumes where the work stands"));
      }
    }

    /** By the clock, since others go by it, and by what passed, since the clock may be set back. */
    private boolean isOver() {
      return clock.instant().isAfter(renewed.plus(TTL))
          || nanos.getAsLong() - renewedNanos > TTL.toNanos();
    }

    /** Gives all of them up. A store that cannot be reached lets them expire. */
    @Override
    public void close() {
      heart.shutdown();
      synchronized (this) {
        closed = true;
      }
      for (String name : names) {
        release(name, RELEASES);
      }
    }

    private void release(String name, int tries) {
      try {
        store.release(name, holder.toString());
      } catch (TidemarkException e) {
        // If it stays, it expires by itself; the work that it protected is done or has failed.
        if (tries > 1) {
          release(name, tries - 1);
        }
      }
    }
  }
}
