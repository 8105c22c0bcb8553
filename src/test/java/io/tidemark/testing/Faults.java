package io.tidemark.testing;

import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Wraps a seam's interface around the real thing and does harm at its calls, once at each: the
 * first call of a kind with the same arguments is harmed and its repetition is not.
 */
public final class Faults {
  /** What happens at a call. */
  public interface Harm {
    /**
     * @param call which one, such as {@code lake.publish(...)}; equal for a repetition
     * @param moment before the call or after it has taken effect
     */
    void at(String call, Moment moment);
  }

  /** Where in a call harm is done. */
  public enum Moment {
    BEFORE,
    AFTER
  }

  /** Stands for the death of the process: nothing that could be caught and handled. */
  public static final class Death extends Error {
    private static final long serialVersionUID = 1;

    public Death(String where) {
      super(where);
    }
  }

  private Faults() {}

  /** The same object with harm at each call. */
  public static <T> T wrap(Class<T> seam, T real, Harm harm) {
    return seam.cast(
        Proxy.newProxyInstance(
            seam.getClassLoader(),
            new Class<?>[] {seam},
            (proxy, method, arguments) -> {
              String call = seam.getSimpleName() + "." + method.getName() + describe(arguments);
              boolean closing = method.getName().equals("close");
              if (!closing) {
                harm.at(call, Moment.BEFORE);
              }
              Object result;
              try {
                result = method.invoke(real, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
              if (!closing) {
                harm.at(call, Moment.AFTER);
              }
              return result;
            }));
  }

  /** Names a call by what identifies it: not by times, holders or measured values. */
  private static String describe(Object[] arguments) {
    List<String> parts = new ArrayList<>();
    for (Object argument : arguments == null ? new Object[0] : arguments) {
      if (argument instanceof Enum<?>
          || argument instanceof io.tidemark.model.TableRef
          || argument instanceof io.tidemark.model.DatasetId) {
        parts.add(argument.toString());
      } else if (argument instanceof io.tidemark.model.Dataset dataset) {
        parts.add(dataset.id().value());
      } else if (argument instanceof io.tidemark.model.Stamp stamp) {
        parts.add(stamp.key());
      } else if (argument instanceof List<?> list) {
        list.stream()
            .filter(io.tidemark.lake.Lake.Change.class::isInstance)
            .map(change -> ((io.tidemark.lake.Lake.Change) change).stamp().key())
            .forEach(parts::add);
      } else if (argument instanceof io.tidemark.model.JobSpec job) {
        parts.add(job.key());
      } else if (argument instanceof io.tidemark.model.Evidence evidence) {
        parts.add(evidence.dataset().value());
      } else if (argument instanceof String text && text.length() < 60 && !text.contains(" ")) {
        parts.add(text);
      }
    }
    return parts.toString();
  }

  /** Harms every call of the named methods once, at one moment, in one way. */
  public static final class Once implements Harm {
    private final Set<String> done = new HashSet<>();
    private final Moment moment;
    private final java.util.function.Function<String, Throwable> what;

    private Once(Moment moment, java.util.function.Function<String, Throwable> what) {
      this.moment = moment;
      this.what = what;
    }

    /** The call fails before it takes effect, or its answer is lost. */
    public static Once failing(Moment moment) {
      return new Once(
          moment,
          call ->
              TidemarkException.external(
                  Problem.of("TM-TEST-001", "injected " + moment + " " + call, "", ""), null));
    }

    /** The process dies. */
    public static Once dying(Moment moment) {
      return new Once(moment, call -> new Death(moment + " " + call));
    }

    /** How many calls were harmed. */
    public synchronized int count() {
      return done.size();
    }

    public synchronized Set<String> calls() {
      return Set.copyOf(done);
    }

    @Override
    public void at(String call, Moment now) {
      boolean first;
      synchronized (this) {
        first = now == moment && done.add(call);
      }
      if (first) {
        Throwable harm = what.apply(call);
        if (harm instanceof Error error) {
          throw error;
        }
        throw (RuntimeException) harm;
      }
    }
  }
}
