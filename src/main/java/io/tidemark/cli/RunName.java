package io.tidemark.cli;

import picocli.CommandLine.Parameters;

/** The argument that names a run. */
final class RunName {
  @Parameters(
      index = "0",
      paramLabel = "RUN",
      description = "A run's id, the start of it, or latest.")
  private String value;

  /** As it was typed; the user says with it which run is meant, so it is not looked up yet. */
  String value() {
    return value;
  }
}
