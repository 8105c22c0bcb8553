package io.tidemark.cli;

import io.tidemark.control.Operation;
import io.tidemark.control.RolledBack;
import io.tidemark.model.rollback.Terms;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Commands that change what readers of main see. */
final class ReleaseCommands {
  private ReleaseCommands() {}

  @Command(
      name = "publish",
      description = "Put a run's candidate on main; exit code 4 if something stands against it.")
  static final class Publish implements Callable<Integer> {
    private final Root root;

    @Mixin private RunName run;

    Publish(Root root) {
      this.root = root;
    }

    @Override
    public Integer call() {
      return root.answer(new Operation.Publish(run.value()));
    }
  }

  @Command(
      name = "revert",
      description = "Put a published run's slices back, keeping every later commit.")
  static final class Revert implements Callable<Integer> {
    private final Root root;

    @Mixin private RunName run;

    @Option(names = "--dataset", paramLabel = "DATASET", description = "Only this one.")
    private String dataset;

    @Option(
        names = "--slice",
        paramLabel = "SLICES",
        description = "Only these, such as 2001-03 or 2001-03..2001-05,2001-08.")
    private String slices;

    Revert(Root root) {
      this.root = root;
    }

    @Override
    public Integer call() {
      root.confirm(
          operation(Terms.Act.LOOK),
          "Revert "
              + (slices == null ? "all slices" : "slices " + slices)
              + (dataset == null ? " of all tables" : " of " + dataset)
              + " of run "
              + run.value()
              + " on main?");
      return root.answer(operation(Terms.Act.GO));
    }

    private Operation.Revert operation(Terms.Act act) {
      return new Operation.Revert(
          run.value(), Optional.ofNullable(dataset), Optional.ofNullable(slices), act);
    }
  }

  @Command(
      name = "rollback",
      description = "Move a whole table back to a snapshot; first lists what that takes from main.")
  static final class Rollback implements Callable<Integer> {
    private final Root root;

    @Parameters(
        index = "0",
        paramLabel = "TABLE",
        description = "A dataset, or a table as namespace.name.")
    private String table;

    @Option(
        names = "--to",
        required = true,
        paramLabel = "POINT",
        description =
            "A snapshot (see tidemark history), a tag, or a time such as 2001-03-01T05:00Z.")
    private String to;

    @Option(
        names = "--expect-head",
        required = true,
        paramLabel = "SNAPSHOT",
        description = "Refuse if main is not at this one.")
    private long expectHead;

    @Option(
        names = "--live",
        paramLabel = "HOW",
        defaultValue = "none",
        description =
            "What becomes of a live job that writes the table: reread stops it, and its next start"
                + " reads what is rolled back from the topics again. Without it, a rollback is"
                + " refused while one runs.")
    private Terms.Live live;

    @Option(names = "--why", paramLabel = "TEXT", description = "Kept with the rollback.")
    private String why = "";

    @Option(names = "--dry-run", description = "Only list what would be lost.")
    private boolean dry;

    Rollback(Root root) {
      this.root = root;
    }

    private Operation.Rollback operation(Terms.Act act) {
      String who = System.getProperty("user.name", "");
      return new Operation.Rollback(table, to, expectHead, new Terms(act, live, who, why));
    }

    @Override
    public Integer call() {
      if (dry) {
        return root.answer(operation(Terms.Act.LOOK));
      }
      root.confirm(
          () -> {
            RolledBack seen = root.execute(operation(Terms.Act.LOOK));
            if (root.asks()) {
              root.streams().err().print(TextRenderer.text(seen, root.errorPaint()));
            }
          },
          "Roll " + table + " back for all readers of main?");
      return root.answer(operation(Terms.Act.GO));
    }
  }
}
