package io.tidemark.live.keep;

import io.tidemark.live.time.Deadline;
import io.tidemark.model.TidemarkException;
import java.time.Duration;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Starts a live job again whenever it is gone, which a Flink cluster does not do by itself once its
 * JobManager has died. Every start is one from tables, so it does not matter what a job died of,
 * nor how many keepers there are: the second start is refused. Not thread-safe.
 */
public final class Keeper {
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(2);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

  /** How often what checkpoints say is noted where no engine's expiry takes it away. */
  private static final Duration NOTED = Duration.ofMinutes(5);

  /**
   * The live job that is kept.
   *
   * @param isThere whether there is one, in whatever state but over; throws an EXTERNAL {@link
   *     TidemarkException} if that cannot be found out now
   * @param start starts it and returns once it runs; of what it throws only USER ends the keeping
   * @param remember notes what checkpoints say; throws an EXTERNAL {@link TidemarkException} if
   *     that cannot be done now
   */
  public record Job(BooleanSupplier isThere, Runnable start, Runnable remember) {
    public Job {
      Objects.requireNonNull(isThere, "isThere");
      Objects.requireNonNull(start, "start");
      Objects.requireNonNull(remember, "remember");
    }
  }

  private final Job job;
  private final Wish wish;
  private final LongSupplier nanos;
  private final Consumer<String> teller;
  private String told = "";
  private Duration pause = FIRST_PAUSE;
  private Deadline next;
  private Deadline note;

  /**
   * @param nanos time that passes, of any origin: a clock that is set must not keep it from looking
   * @param teller told what happens, one sentence each, and none twice in a row
   */
  public Keeper(Job job, Wish wish, LongSupplier nanos, Consumer<String> teller) {
    this.job = Objects.requireNonNull(job, "job");
    this.wish = Objects.requireNonNull(wish, "wish");
    this.nanos = Objects.requireNonNull(nanos, "nanos");
    this.next = Deadline.in(Duration.ZERO, nanos);
    this.note = Deadline.in(NOTED, nanos);
    this.teller = Objects.requireNonNull(teller, "teller");
  }

  /**
   * Looks again and again, and leaves the job as it is in the end.
   *
   * @param goesOn waits for the next look; false ends the keeping
   * @throws TidemarkException USER if the job cannot run as jobs/ and the tables are
   */
  public void stay(BooleanSupplier goesOn) {
    do {
      tend();
    } while (goesOn.getAsBoolean());
  }

  /**
   * Looks once, and notes what checkpoints say from time to time; for who keeps several jobs.
   *
   * @throws TidemarkException USER if the job cannot run as jobs/ and the tables are
   */
  public void tend() {
    look();
    if (note.isOver()) {
      remember();
      note = Deadline.in(NOTED, nanos);
    }
  }

  /** What cannot be noted now is noted next time. */
  private void remember() {
    try {
      job.remember().run();
    } catch (TidemarkException e) {
      teller.accept("What checkpoints say could not be noted: " + e.problems().get(0).what());
    }
  }

  /**
   * Looks once, and starts the job if it is gone and is to run. What fails outside is told and
   * tried again by a later look, after a pause that grows from 2 to 30 seconds.
   *
   * @throws TidemarkException USER if the job cannot run as jobs/ and the tables are
   */
  void look() {
    if (!next.isOver()) {
      return;
    }
    try {
      if (job.isThere().getAsBoolean()) {
        pause = FIRST_PAUSE;
        told = "";
      } else if (wish.isForRunning()) {
        start();
      } else {
        tell("The live job was stopped, and is left so until: tidemark live start");
      }
    } catch (TidemarkException e) {
      if (e.category() == TidemarkException.Category.USER) {
        throw e;
      }
      tell("The live job cannot be kept up now: " + e.problems().get(0).what());
      next = Deadline.in(pause, nanos);
      Duration longer = pause.multipliedBy(2);
      pause = longer.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : longer;
    }
  }

  private void start() {
    tell("The live job does not run; starting it from its tables.");
    job.start().run();
    tell("The live job runs.");
  }

  private void tell(String what) {
    if (!what.equals(told)) {
      teller.accept(what);
      told = what;
    }
  }
}
