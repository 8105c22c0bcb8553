package io.tidemark.cli;

import io.tidemark.control.Maintained;
import io.tidemark.control.Operation;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Keeps tables small, once or all the time. */
@Command(
    name = "maintain",
    description = {
      "Write closed slices of many small files anew, and let old snapshots expire.",
      "Rows, plans, publishes and reverts stay what they are. Snapshots go that are older than"
          + " limits.keep_snapshots (P1D) and that nobody needs."
    })
final class MaintainCommand implements Callable<Integer> {
  private static final long PAUSE_SECONDS = 60;

  private final Root root;

  @Parameters(paramLabel = "DATASET", arity = "0..*", description = "Only these.")
  private List<String> datasets = List.of();

  @Option(names = "--watch", description = "Go on until interrupted.")
  private boolean watch;

  MaintainCommand(Root root) {
    this.root = root;
  }

  @Override
  public Integer call() {
    Operation.Maintain operation = new Operation.Maintain(datasets);
    root.print(root.execute(operation), TextRenderer::text);
    while (watch && pause()) {
      Maintained next = root.execute(operation);
      if (!next.tables().isEmpty()) {
        root.print(next, TextRenderer::text);
      }
    }
    return 0;
  }

  /** False once interrupted. */
  private static boolean pause() {
    try {
      TimeUnit.SECONDS.sleep(PAUSE_SECONDS);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
