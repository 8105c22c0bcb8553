package io.tidemark.cli;

import io.tidemark.control.Operation;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Something to try live jobs with. */
@Command(
    name = "generate",
    description = {
      "Send made-up events of an example pipeline to the environment's Kafka.",
      "Orders and payments of a shop: some twice, some late, some out of order, some that cannot be"
          + " read. Makes the topics that are missing; goes on until Ctrl-C."
    })
final class GenerateCommand implements Callable<Integer> {
  private final Root root;

  @Parameters(
      index = "0",
      paramLabel = "PIPELINE",
      description = "orders: the topics of jobs/orders.")
  private String pipeline;

  @Option(
      names = "--rate",
      paramLabel = "N",
      defaultValue = "300",
      description = "Orders per minute of event time; 300 by default.")
  private int rate;

  @Option(
      names = "--speed",
      paramLabel = "X",
      defaultValue = "1",
      description = "Event time goes X times as fast as the clock; 60 is an hour in a minute.")
  private double speed;

  @Option(names = "--events", paramLabel = "N", description = "Stop after so many events.")
  private Long events;

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "The same seed and --from give the same events; others each time by default.")
  private Long seed;

  @Option(
      names = "--from",
      paramLabel = "TIME",
      description =
          "Event time of the first, such as 2026-01-31T08:00:00Z; now by default. newest goes on"
              + " after the newest event of the topics, two weeks ago if they hold none, and never"
              + " overtakes the clock.")
  private String from;

  GenerateCommand(Root root) {
    this.root = root;
  }

  @Override
  public Integer call() {
    return root.answer(
        new Operation.Generate(
            pipeline,
            rate,
            speed,
            Optional.ofNullable(events),
            Optional.ofNullable(seed),
            Optional.ofNullable(from)));
  }
}
