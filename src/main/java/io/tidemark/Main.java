package io.tidemark;

import io.tidemark.cli.Cli;
import io.tidemark.cli.Streams;

/** The process. */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    System.exit(Cli.run(Wiring::open, Streams.ofProcess(), arguments));
  }
}
