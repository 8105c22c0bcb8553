package io.tidemark.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A command of Tidemark's, started by its launcher as a user starts it. The checkout is the working
 * directory; what the processes used is what the shell and the system say.
 */
final class Launch {
  /** The shell's {@code times}: first its own, then its children's user and system time. */
  private static final Pattern TIMES =
      Pattern.compile("(\\d+)m([\\d.]+)s (\\d+)m([\\d.]+)s\\s*$", Pattern.MULTILINE);

  private static final long POLL_MILLIS = 100;

  private final String heap;
  private final List<String> arguments;

  private Launch(String heap, List<String> arguments) {
    this.heap = heap;
    this.arguments = arguments;
  }

  /** Builds what the launcher starts, if need be; not to be measured. */
  static void prepare() {
    new Launch("1g", List.of("--help")).start("0");
  }

  static Usage run(String heap, List<String> arguments) {
    return new Launch(heap, arguments).start("1");
  }

  private Usage start(String noBuild) {
    List<String> command =
        new ArrayList<>(
            List.of("bash", "-c", "\"$@\"; code=$?; times; exit $code", "bash", "./tidemark"));
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("TIDEMARK_NO_BUILD", noBuild);
    builder.environment().put("TIDEMARK_JAVA_OPTS", "-Xmx" + heap + " -Duser.timezone=UTC");
    long start = System.nanoTime();
    try {
      Process process = builder.start();
      Watch watch = new Watch(process.toHandle());
      watch.start();
      String output = read(process);
      int exit = process.waitFor();
      Duration wall = Duration.ofNanos(System.nanoTime() - start);
      watch.join();
      if (exit != 0) {
        throw new IllegalStateException(
            "tidemark " + arguments + " ended with " + exit + "\n" + output);
      }
      return new Usage(wall.toNanos() / 1e9, cpu(output), watch.peakMb);
    } catch (IOException e) {
      throw new IllegalStateException("Cannot run ./tidemark", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted", e);
    }
  }

  private static String read(Process process) throws IOException {
    StringBuilder text = new StringBuilder();
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        text.append(line).append('\n');
      }
    }
    return text.toString();
  }

  private static double cpu(String output) {
    Matcher times = TIMES.matcher(output);
    double last = Double.NaN;
    while (times.find()) {
      last =
          60 * Double.parseDouble(times.group(1))
              + Double.parseDouble(times.group(2))
              + 60 * Double.parseDouble(times.group(3))
              + Double.parseDouble(times.group(4));
    }
    return last;
  }

  /** Asks the system for the highest resident set of any process of the tree, while it lives. */
  private static final class Watch extends Thread {
    private static final Pattern PEAK = Pattern.compile("VmHWM:\\s*(\\d+) kB");

    private final ProcessHandle root;
    private double peakMb;

    Watch(ProcessHandle root) {
      super("peak memory");
      setDaemon(true);
      this.root = root;
    }

    @Override
    public void run() {
      while (root.isAlive()) {
        root.descendants().forEach(p -> peakMb = Math.max(peakMb, peak(p.pid())));
        try {
          TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        } catch (InterruptedException e) {
          return;
        }
      }
    }

    private static double peak(long pid) {
      try {
        Matcher peak = PEAK.matcher(Files.readString(Path.of("/proc/" + pid + "/status")));
        return peak.find() ? Long.parseLong(peak.group(1)) / 1024.0 : 0;
      } catch (IOException e) {
        // The process has ended, or the system has no such files.
        return 0;
      }
    }
  }
}
