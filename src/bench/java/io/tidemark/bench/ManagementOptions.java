package io.tidemark.bench;

import java.lang.management.ManagementFactory;
import java.util.List;

/** The module options that this JVM was started with. */
final class ManagementOptions {
  private ManagementOptions() {}

  static List<String> opens() {
    return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(a -> a.startsWith("--add-opens") || a.startsWith("--add-exports"))
        .toList();
  }
}
