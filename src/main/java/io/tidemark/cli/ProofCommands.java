package io.tidemark.cli;

import io.tidemark.control.Corrected;
import io.tidemark.control.Operation;
import io.tidemark.control.Verified;
import io.tidemark.model.Problem;
import io.tidemark.model.RunState;
import io.tidemark.model.TidemarkException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Commands that prove what tables hold, and put right what came late. */
final class ProofCommands {
  private ProofCommands() {}

  @Command(
      name = "verify",
      description = {
        "Prove that nothing was lost, doubled or changed without a reason; exit code 4 if something"
            + " was.",
        "Records taken from topics are counted against rows and dead letters; closed slices that"
            + " are not stale are made once more and compared. Leaves nothing behind."
      })
  static final class Verify implements Callable<Integer> {
    private final Root root;

    @Parameters(
        arity = "1..*",
        paramLabel = "DATASET",
        description = "Derived datasets or sources; one report each, in their order.")
    private List<String> datasets = List.of();

    @Option(
        names = "--slices",
        paramLabel = "SLICES",
        description = "Only these of one dataset, such as 2001-03 or 2001-03..2001-05.")
    private String slices;

    Verify(Root root) {
      this.root = root;
    }

    @Override
    public Integer call() {
      if (slices != null && datasets.size() > 1) {
        throw TidemarkException.usage(
            Problem.of(
                "TM-CLI-005",
                "--slices is for one dataset",
                "slices of several datasets need not be of one length",
                "verify them one after the other, or leave --slices out"));
      }
      boolean clean = true;
      for (String dataset : datasets) {
        Verified report = root.execute(new Operation.Verify(dataset, Optional.ofNullable(slices)));
        root.print(report, TextRenderer::text);
        clean &= report.isClean();
      }
      return clean ? 0 : Root.REFUSED;
    }
  }

  @Command(
      name = "correct",
      description = {
        "Rebuild and publish closed slices that late events made stale; exit code 4 if something"
            + " unexpected stands against it.",
        "A slice is taken up once no late event has come for it for limits.correct_after, and at"
            + " the latest when one has waited for limits.correct_at_latest."
      })
  static final class Correct implements Callable<Integer> {
    private static final long PAUSE_SECONDS = 5;

    private final Root root;

    @Option(names = "--dataset", paramLabel = "DATASET", description = "Only this one.")
    private String dataset;

    @Option(names = "--now", description = "Do not wait for slices to become quiet.")
    private boolean now;

    @Option(names = "--watch", description = "Go on until interrupted.")
    private boolean watch;

    Correct(Root root) {
      this.root = root;
    }

    @Override
    public Integer call() {
      Operation.Correct operation =
          new Operation.Correct(
              Optional.ofNullable(dataset), now ? Operation.Pace.NOW : Operation.Pace.SETTLED);
      Corrected last = root.execute(operation);
      root.print(last, TextRenderer::text);
      while (watch && isFine(last) && pause()) {
        Corrected next = root.execute(operation);
        if (!next.equals(last)) {
          root.print(next, TextRenderer::text);
        }
        last = next;
      }
      return isFine(last) ? 0 : Root.REFUSED;
    }

    private static boolean isFine(Corrected report) {
      return report.run().stream().allMatch(run -> run.state() == RunState.PUBLISHED);
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
}
