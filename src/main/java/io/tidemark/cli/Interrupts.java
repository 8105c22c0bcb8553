package io.tidemark.cli;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Turns the first Ctrl-C or SIGTERM into a wish that work may see to, and leaves the second one to
 * the JVM. A shutdown hook would not do: those of libraries run at the same time and close the very
 * file systems that a last commit needs.
 */
final class Interrupts {
  private static final String[] NAMES = {"INT", "TERM"};

  private final AtomicBoolean wanted = new AtomicBoolean();

  private Interrupts() {}

  /** From now on, for this process; where a JVM has no signals, nothing is ever wanted. */
  static Interrupts listen() {
    Interrupts interrupts = new Interrupts();
    try {
      // Not by its name: the compiler warns of a class that every JDK has and none documents.
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Method handle = signal.getMethod("handle", signal, handler);
      Object usual = handler.getField("SIG_DFL").get(null);
      InvocationHandler first =
          (proxy, method, arguments) -> {
            if (method.getDeclaringClass() == Object.class) {
              return method.getName().equals("hashCode") ? (Object) 0 : proxy == arguments[0];
            }
            interrupts.wanted.set(true);
            handle.invoke(null, arguments[0], usual);
            return null;
          };
      Object ours =
          Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, first);
      for (String name : NAMES) {
        handle.invoke(null, signal.getConstructor(String.class).newInstance(name), ours);
      }
    } catch (ReflectiveOperationException | IllegalArgumentException e) {
      return interrupts;
    }
    return interrupts;
  }

  boolean wanted() {
    return wanted.get();
  }
}
