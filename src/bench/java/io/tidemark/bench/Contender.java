package io.tidemark.bench;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;

/** A contender's run in a process of its own, from the start of its JVM to its end. */
final class Contender {
  private static final int TAIL = 40;

  private final List<String> before;
  private final List<String> jvm;
  private final String classpath;

  private Contender(List<String> before, List<String> jvm, String classpath) {
    this.before = before;
    this.jvm = jvm;
    this.classpath = classpath;
  }

  /** On this process's class path and with its module options, so that all get the same JVM. */
  static Contender here(String heap) {
    return new Contender(List.of(), options(heap), System.getProperty("java.class.path"));
  }

  /** On another class path, with the module options that Spark asks for on top. */
  static Contender spark(String classpath, String heap) {
    List<String> options = new ArrayList<>(options(heap));
    for (String opened : List.of("sun.security.action", "sun.util.calendar", "sun.nio.cs")) {
      options.add("--add-opens=java.base/" + opened + "=ALL-UNNAMED");
    }
    return new Contender(List.of(), options, classpath);
  }

  private static List<String> options(String heap) {
    List<String> options = new ArrayList<>();
    ManagementOptions.opens().forEach(options::add);
    options.add("-Xmx" + heap);
    options.add("-Duser.timezone=UTC");
    options.add("-Dfile.encoding=UTF-8");
    options.add("-Dorg.slf4j.simpleLogger.defaultLogLevel=error");
    return options;
  }

  /**
   * Runs a main class that prints {@link Usage#line()} when it is done.
   *
   * @throws IllegalStateException with the end of its output, if it fails
   */
  Usage run(String mainClass, List<String> arguments) {
    return run(mainClass, arguments, line -> {});
  }

  /**
   * As above.
   *
   * @param lines is given each line of its output
   */
  Usage run(String mainClass, List<String> arguments, Consumer<String> lines) {
    List<String> command = command(mainClass, arguments);
    long start = System.nanoTime();
    Deque<String> tail = new ArrayDeque<>();
    String usage = null;
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      try (BufferedReader out =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
        for (String line = out.readLine(); line != null; line = out.readLine()) {
          if (Usage.isLine(line)) {
            usage = line;
          }
          lines.accept(line);
          tail.addLast(line);
          if (tail.size() > TAIL) {
            tail.removeFirst();
          }
        }
      }
      int exit = process.waitFor();
      if (exit != 0 || usage == null) {
        throw new IllegalStateException(
            mainClass + " " + arguments + " ended with " + exit + "\n" + String.join("\n", tail));
      }
    } catch (IOException e) {
      throw new IllegalStateException("Cannot run " + mainClass, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted", e);
    }
    return Usage.parse(usage, Duration.ofNanos(System.nanoTime() - start));
  }

  /** The same with one more option for the JVM. */
  Contender with(String option) {
    List<String> options = new ArrayList<>(jvm);
    options.add(option);
    return new Contender(before, options, classpath);
  }

  /** The same after everybody else: {@code nice}. */
  Contender nice() {
    return new Contender(List.of("nice", "-n", "19"), jvm, classpath);
  }

  /** Starts a main class that stays; what it says goes into a file. */
  Process start(String mainClass, List<String> arguments, Path log) throws IOException {
    return new ProcessBuilder(command(mainClass, arguments))
        .redirectErrorStream(true)
        .redirectOutput(log.toFile())
        .start();
  }

  private List<String> command(String mainClass, List<String> arguments) {
    List<String> command = new ArrayList<>(before);
    command.add(System.getProperty("java.home") + File.separator + "bin" + File.separator + "java");
    command.addAll(jvm);
    command.add("-cp");
    command.add(classpath);
    command.add(mainClass);
    command.addAll(arguments);
    return command;
  }
}
