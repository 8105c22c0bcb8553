package io.tidemark.testing;

import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the broker's JVM runs: formats the data folder once, then Kafka's own main. It ends with the
 * process that started it, however that ended, since its standard input ends then. Needs nothing
 * but the JDK and the broker's jars.
 */
final class KafkaProcess {
  private KafkaProcess() {}

  /** Arguments: the properties file, the data folder and the cluster's id. */
  public static void main(String[] args) throws ReflectiveOperationException {
    Thread watch = new Thread(KafkaProcess::haltAtEndOfInput, "watch-parent");
    watch.setDaemon(true);
    watch.start();
    if (!Files.exists(Path.of(args[1], "meta.properties"))) {
      String[] format = {"format", "-t", args[2], "-c", args[0], "--standalone"};
      Object code =
          call("kafka.tools.StorageTool", "execute", format, PrintStream.class, System.out);
      if (!Integer.valueOf(0).equals(code)) {
        throw new IllegalStateException("formatting ended with " + code);
      }
    }
    String[] start = {args[0]};
    Class.forName("kafka.Kafka").getMethod("main", String[].class).invoke(null, (Object) start);
  }

  private static <T> Object call(
      String owner, String method, String[] args, Class<T> type, T argument)
      throws ReflectiveOperationException {
    try {
      return Class.forName(owner)
          .getMethod(method, String[].class, type)
          .invoke(null, args, argument);
    } catch (InvocationTargetException e) {
      throw new IllegalStateException(owner, e.getCause());
    }
  }

  private static void haltAtEndOfInput() {
    try {
      while (System.in.read() >= 0) {
        // Nothing is ever said; only the end matters.
      }
    } catch (IOException e) {
      // The other side is gone: the same.
    }
    Runtime.getRuntime().halt(1);
  }
}
