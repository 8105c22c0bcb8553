package io.tidemark.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What a process used.
 *
 * @param wall seconds
 * @param cpu seconds of all threads, user and system
 * @param peakMb resident set at its highest; 0 where the system does not tell
 */
record Usage(double wall, double cpu, double peakMb) {
  private static final String MARK = "BENCH-USAGE ";

  /** This process so far, as the last line that a child prints. */
  static String line() {
    return MARK + cpuSeconds() + " " + peak();
  }

  /** Of this process and all its threads so far. */
  static double cpuSeconds() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
            .getProcessCpuTime()
        / 1e9;
  }

  static boolean isLine(String line) {
    return line.startsWith(MARK);
  }

  static Usage parse(String line, Duration wall) {
    String[] parts = line.substring(MARK.length()).split(" ", 2);
    return new Usage(
        wall.toNanos() / 1e9, Double.parseDouble(parts[0]), Double.parseDouble(parts[1]));
  }

  /** The marginal use of more work: this minus a run on little data. */
  Usage minus(Usage fixed) {
    return new Usage(wall - fixed.wall, cpu - fixed.cpu, peakMb);
  }

  private static double peak() {
    Path status = Path.of("/proc/self/status");
    if (!Files.isReadable(status)) {
      return 0;
    }
    try {
      for (String line : Files.readAllLines(status, StandardCharsets.UTF_8)) {
        if (line.startsWith("VmHWM:")) {
          return Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024.0;
        }
      }
    } catch (IOException e) {
      return 0;
    }
    return 0;
  }
}
