package io.tidemark.cli;

import io.tidemark.control.OpenSlices;
import io.tidemark.control.Operation;
import io.tidemark.control.Operation.StartLive.Care;
import io.tidemark.control.Report;
import io.tidemark.control.ShadowAct;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The live job: topics through the transforms of jobs/ into main, without an end. */
@Command(
    name = "live",
    description = "Keep tables up to date from Kafka topics with the transforms that run uses.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      LiveCommands.Start.class,
      LiveCommands.Order.class,
      LiveCommands.Stop.class,
      LiveCommands.Status.class,
      LiveCommands.Shadow.class,
      LiveCommands.Promote.class,
      LiveCommands.Demote.class
    })
final class LiveCommands implements Callable<Integer> {
  @Spec private CommandSpec spec;

  LiveCommands(Root root) {
    // Every command is made with its root; this one only leads to others.
    java.util.Objects.requireNonNull(root, "root");
  }

  @Override
  public Integer call() {
    throw new CommandLine.ParameterException(
        spec.commandLine(),
        "say what to do: start, order, stop, status, shadow, promote or demote");
  }

  /** How much a live job is to do, and where it begins. */
  static final class Extent {
    @Parameters(
        arity = "0..*",
        paramLabel = "DATASET",
        description = "Only these with what they need; all that a topic reaches by default.")
    private List<String> datasets = List.of();

    @Option(
        names = "--from",
        paramLabel = "SLICE",
        description =
            "Where datasets begin that never ran live, such as 2001-03-01; by default at the slice"
                + " of the newest event. Older slices are for tidemark run.")
    private String from;

    @Option(
        names = "--accept-gap",
        paramLabel = "TOPIC/PARTITION",
        description =
            "Go on behind records of this partition that expired before they were read; they are"
                + " lost. Slices that they may have been of are doubted, and verify names the gap.")
    private List<String> acceptedGaps = List.of();
  }

  @Command(
      name = "start",
      description = {
        "Start the pipeline's live job.",
        "It goes on where the tables stand, also after a crash or with changed code: open slices"
            + " are made again from the rows that their source holds.",
        "Without a session cluster it runs in this process until Ctrl-C, which stops it after a"
            + " last commit; other commands work beside it from another terminal."
      })
  static final class Start implements Callable<Integer> {
    private final Root root;

    @Mixin private Extent extent;

    @Option(
        names = "--keep",
        description =
            "On a session cluster: stay, and start the job again whenever it is gone, as after"
                + " the death of a JobManager. What tidemark live stop has stopped stays stopped.")
    private boolean keep;

    Start(Root root) {
      this.root = root;
    }

    @Override
    public Integer call() {
      if (keep && !extent.acceptedGaps.isEmpty()) {
        throw TidemarkException.usage(
            Problem.of(
                "TM-CLI-004",
                "--keep and --accept-gap cannot be given together",
                "a gap is accepted by one start, and --keep makes many",
                "start with --accept-gap first; then keep what runs with --keep"));
      }
      return root.answer(
          new Operation.StartLive(
              extent.datasets,
              Optional.ofNullable(extent.from),
              extent.acceptedGaps,
              keep ? Care.KEPT : Care.STARTED));
    }
  }

  @Command(
      name = "order",
      description = {
        "Write down what the live job is to do, for flink run or for a cluster of its own.",
        "Nothing is started. An order is good for one start: when a live job has committed to its"
            + " tables since, the job that it is given to ends, and nothing is doubled. A cluster"
            + " that restores its job from its own checkpoint goes on with the same order.",
        "Of a source alone it is an order to take its topic in."
      })
  static final class Order implements Callable<Integer> {
    private final Root root;

    @Mixin private Extent extent;

    @Option(
        names = "--to",
        paramLabel = "FILE",
        required = true,
        description =
            "Where to write it; for its owner alone, since it holds the passwords of the"
                + " environment.")
    private Path file;

    Order(Root root) {
      this.root = root;
    }

    @Override
    public Integer call() {
      return root.answer(
          new Operation.OrderLive(
              extent.datasets, Optional.ofNullable(extent.from), extent.acceptedGaps, file));
    }
  }

  @Command(
      name = "stop",
      description =
          "Stop the live job after a last commit, wherever it runs; exit code 3 if that commit"
              + " failed.")
  static final class Stop implements Callable<Integer> {
    private final Root root;

    @Parameters(
        arity = "0..*",
        paramLabel = "DATASET",
        description =
            "Only the live jobs that these belong to, where transforms follow tables; all of the"
                + " pipeline's by default.")
    private List<String> datasets = List.of();

    @Option(
        names = "--release",
        description = "Also give its open slices to tidemark run, until it is started again.")
    private boolean release;

    @Option(
        names = "--shadow",
        description = "Stop the shadow instead, and drop its branch; the live job goes on.")
    private boolean shadow;

    Stop(Root root) {
      this.root = root;
    }

    @Override
    public Integer call() {
      if (shadow) {
        return root.answer(new Operation.Shadow(new ShadowAct.Stop()));
      }
      Report.LiveShown report =
          root.execute(
              new Operation.StopLive(datasets, release ? OpenSlices.RELEASED : OpenSlices.KEPT));
      root.print(report, TextRenderer::text);
      return report.isUncommitted() ? TidemarkException.Category.EXTERNAL.exitCode() : 0;
    }
  }

  @Command(
      name = "status",
      description = "Show lag, watermarks, open slices, late rows, dead letters and checkpoints.")
  static final class Status implements Callable<Integer> {
    private final Root root;

    Status(Root root) {
      this.root = root;
    }

    @Override
    public Integer call() {
      return root.answer(new Operation.ShowLive());
    }
  }

  @Command(
      name = "shadow",
      description = {
        "Run the code that jobs/ holds now beside the live job, on a branch.",
        "It reads the same topics, and each slice that both close is compared: what the expected"
            + " change covers is explained, the rest is not. The live job is not touched.",
        "Without a session cluster it runs in this process until Ctrl-C."
      })
  static final class Shadow implements Callable<Integer> {
    private final Root root;

    @Parameters(
        arity = "0..*",
        paramLabel = "DATASET",
        description = "Only these with what they need; all that a topic reaches by default.")
    private List<String> datasets = List.of();

    @Option(
        names = "--change",
        paramLabel = "NAME",
        description = "The expected change under changes/ that differences are held against.")
    private String change;

    Shadow(Root root) {
      this.root = root;
    }

    @Override
    public Integer call() {
      return root.answer(
          new Operation.Shadow(new ShadowAct.Start(datasets, Optional.ofNullable(change))));
    }
  }

  @Command(
      name = "promote",
      description = {
        "Put the shadow in the live job's place.",
        "Refused until the newest slices that both closed hold no row that no expected change"
            + " covers, and the shadow is not further behind. Then, each step once, also after a"
            + " kill: both are stopped after a last commit, what the shadow closed is published"
            + " as a run, and the new version goes on with main.",
        "Without a session cluster the new version runs in this process until Ctrl-C."
      })
  static final class Promote implements Callable<Integer> {
    private final Root root;

    @Option(
        names = "--after",
        paramLabel = "N",
        defaultValue = "3",
        description = "Slices in a row of each dataset without an unexplained row; 3 by default.")
    private int after;

    @Option(
        names = "--grace",
        paramLabel = "DURATION",
        defaultValue = "P1D",
        description =
            "How long the version before goes on as the shadow, such as PT6H; P1D by default, PT0S"
                + " for not at all.")
    private Duration grace;

    Promote(Root root) {
      this.root = root;
    }

    @Override
    public Integer call() {
      return root.answer(new Operation.Shadow(new ShadowAct.Promote(Math.max(1, after), grace)));
    }
  }

  @Command(
      name = "demote",
      description = {
        "Go back to the version before a promotion, within its grace period.",
        "What the promotion published is taken back; what the newer version closed since then"
            + " stays as it made it, and jobs/ stays as it is."
      })
  static final class Demote implements Callable<Integer> {
    private final Root root;

    Demote(Root root) {
      this.root = root;
    }

    @Override
    public Integer call() {
      return root.answer(new Operation.Shadow(new ShadowAct.Demote()));
    }
  }
}
