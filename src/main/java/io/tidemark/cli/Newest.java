package io.tidemark.cli;

import picocli.CommandLine.Option;

/** The option that bounds a list whose newest entries come first. */
final class Newest {
  @Option(names = "--limit", paramLabel = "N", defaultValue = "20", description = "The newest N.")
  private int limit;

  /** At most so many entries. */
  int limit() {
    return limit;
  }
}
