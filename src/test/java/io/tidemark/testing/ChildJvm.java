package io.tidemark.testing;

import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Processes with the classes of this one, to be stopped and killed as those of users are. */
public final class ChildJvm {
  private ChildJvm() {}

  /**
   * Starts one; whoever does ends it.
   *
   * @param log to which its output and errors are appended
   * @param options of the JVM, such as its heap
   * @param main the class with the main method
   */
  public static Process start(Path log, List<String> options, String main, List<String> arguments)
      throws IOException {
    return start(log, options, "", main, arguments);
  }

  private static Process start(
      Path log, List<String> options, String moreJars, String main, List<String> arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("--add-opens"))
        .forEach(command::add);
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.addAll(options);
    command.addAll(List.of("-cp", classpath(moreJars), main));
    command.addAll(arguments);
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
        .start();
  }

  /** Starts {@code tidemark -C PROJECT ARGUMENTS}. */
  public static Process tidemark(Path project, Path log, List<String> options, String... arguments)
      throws IOException {
    List<String> all = new ArrayList<>(List.of("-C", project.toString()));
    all.addAll(List.of(arguments));
    return start(log, options, "io.tidemark.Main", all);
  }

  /** As above, with more jars on its class path. */
  public static Process tidemark(Path project, Path log, String moreJars, String... arguments)
      throws IOException {
    List<String> all = new ArrayList<>(List.of("-C", project.toString()));
    all.addAll(List.of(arguments));
    List<String> options =
        List.of("-Dorg.slf4j.simpleLogger.logFile=" + log.resolveSibling("tidemark.log"));
    return start(log, options, moreJars, "io.tidemark.Main", all);
  }

  private static String classpath(String moreJars) {
    String own = System.getProperty("java.class.path");
    return moreJars.isEmpty() ? own : own + File.pathSeparator + moreJars;
  }
}
