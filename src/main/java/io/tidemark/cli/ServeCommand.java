package io.tidemark.cli;

import io.tidemark.control.Operation;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What Prometheus asks. */
@Command(
    name = "serve",
    description = {
      "Answer Prometheus with metrics of tables, runs and the live job, until Ctrl-C.",
      "They are those of the whole environment, whichever process works on it. docs/metrics.md"
          + " lists them."
    })
final class ServeCommand implements Callable<Integer> {
  private final Root root;

  @Option(
      names = "--address",
      paramLabel = "HOST",
      defaultValue = "127.0.0.1",
      description =
          "The interface to listen on; 127.0.0.1 by default. There is no password: let no other"
              + " reach it than Prometheus.")
  private String address;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      defaultValue = "9464",
      description = "9464 by default; 0 for any that is free.")
  private int port;

  @Option(
      names = "--every",
      paramLabel = "DURATION",
      defaultValue = "PT10S",
      description = "Read tables, runs and the live job so long after the last time; PT10S.")
  private Duration every;

  ServeCommand(Root root) {
    this.root = root;
  }

  @Override
  public Integer call() {
    return root.answer(new Operation.Serve(address, port, every));
  }
}
