package io.tidemark.cli;

import io.tidemark.control.Operation;
import io.tidemark.control.Report;
import io.tidemark.model.Problem;
import io.tidemark.model.RunState;
import io.tidemark.model.TidemarkException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Commands that plan, run and show. */
final class RunCommands {
  private RunCommands() {}

  /** What part of the stale slices a plan is about. */
  static final class Selected {
    @Option(
        names = "--select",
        paramLabel = "DATASET",
        split = ",",
        description = "Only these derived datasets; repeat or separate by commas.")
    private List<String> datasets = List.of();

    @Option(
        names = "--from",
        paramLabel = "SLICE",
        description = "Only from this time on, such as 2001-03 or 2001-03-01.")
    private String from;

    @Option(names = "--to", paramLabel = "SLICE", description = "Only before this time.")
    private String to;

    @Option(
        names = "--change",
        paramLabel = "NAME",
        description = "The expected change that the diff is held against.")
    private String change;

    Operation.Selection selection() {
      return new Operation.Selection(
          datasets,
          Optional.ofNullable(from),
          Optional.ofNullable(to),
          Optional.ofNullable(change));
    }

    boolean isGiven() {
      return !selection().equals(Operation.Selection.ALL);
    }
  }

  @Command(name = "plan", description = "Show what is stale and what rebuilding it would do.")
  static final class MakePlan implements Callable<Integer> {
    private final Root root;

    @Mixin private Selected selected;

    @Option(names = "--out", paramLabel = "FILE", description = "Write the plan for tidemark run.")
    private Path out;

    @Option(names = "--explain", description = "Also list the steps that run would carry out.")
    private boolean explain;

    MakePlan(Root root) {
      this.root = root;
    }

    @Override
    public Integer call() {
      return root.answer(
          new Operation.MakePlan(selected.selection(), Optional.ofNullable(out)),
          (report, paint) ->
              PlanText.text(report, paint) + (explain ? PlanText.steps(report.plan(), paint) : ""));
    }
  }

  @Command(
      name = "run",
      description = "Build and verify what is stale on a branch; exit code 4 if it is blocked.")
  static final class Run implements Callable<Integer> {
    private final Root root;

    @Parameters(
        index = "0",
        arity = "0..1",
        paramLabel = "PLAN",
        description = "A file of tidemark plan --out; without it, plans now.")
    private Path plan;

    @Mixin private Selected selected;

    @Option(names = "--publish", description = "Publish when nothing stands against it.")
    private boolean publish;

    @Option(
        names = "--rebase",
        paramLabel = "RUN",
        description = "Compute again what somebody else changed under this unpublished run.")
    private String rebase;

    Run(Root root) {
      this.root = root;
    }

    @Override
    public Integer call() {
      if (plan != null && selected.isGiven()) {
        throw TidemarkException.usage(
            Problem.of(
                "TM-CLI-002",
                "a plan file and a selection cannot be given together",
                "the plan file says already what is rebuilt",
                "leave out the file, or --select, --from, --to and --change"));
      }
      if (rebase != null) {
        return answer(root, root.execute(new Operation.Rebase(rebase)));
      }
      Operation.Source source =
          plan == null ? new Operation.Fresh(selected.selection()) : new Operation.PlanFile(plan);
      Operation.After after = publish ? Operation.After.PUBLISH : Operation.After.KEEP_CANDIDATE;
      return answer(root, root.execute(new Operation.StartRun(source, after)));
    }
  }

  private static int answer(Root root, Report.RunShown report) {
    root.print(report, TextRenderer::text);
    boolean blocked = report.run().filter(r -> r.state() == RunState.BLOCKED).isPresent();
    return blocked ? Root.REFUSED : 0;
  }

  @Command(
      name = "adopt",
      description =
          "Verify what 'flink run tidemark-job.jar backfill' left on a branch, as a run's"
              + " candidate; exit code 4 if it is blocked.")
  static final class Adopt implements Callable<Integer> {
    private final Root root;

    @Parameters(index = "0", paramLabel = "BRANCH", description = "Of the backfill.")
    private String branch;

    @Option(
        names = "--dataset",
        paramLabel = "DATASET",
        description = "Which was built, where several tables have such a branch.")
    private String dataset;

    @Option(
        names = "--change",
        paramLabel = "NAME",
        description = "The expected change that the diff is held against.")
    private String change;

    @Option(names = "--publish", description = "Publish when nothing stands against it.")
    private boolean publish;

    Adopt(Root root) {
      this.root = root;
    }

    @Override
    public Integer call() {
      Operation.Source source =
          new Operation.OnBranch(branch, Optional.ofNullable(dataset), Optional.ofNullable(change));
      Operation.After after = publish ? Operation.After.PUBLISH : Operation.After.KEEP_CANDIDATE;
      return answer(root, root.execute(new Operation.StartRun(source, after)));
    }
  }

  @Command(name = "runs", description = "List runs, or show one.")
  static final class Runs implements Callable<Integer> {
    private final Root root;

    @Parameters(index = "0", arity = "0..1", paramLabel = "RUN", description = "Show this one.")
    private String run;

    @Mixin private Newest newest;

    @Option(
        names = "--abandon",
        paramLabel = "RUN",
        description = "Give an unpublished run up: its branches go, main stays as it is.")
    private String abandon;

    Runs(Root root) {
      this.root = root;
    }

    @Override
    public Integer call() {
      if (abandon != null) {
        root.confirm(
            new Operation.ShowRun(abandon), "Give up run " + abandon + " and drop its candidate?");
        return root.answer(new Operation.Abandon(abandon));
      }
      return run == null
          ? root.answer(new Operation.ListRuns(newest.limit()))
          : root.answer(new Operation.ShowRun(run));
    }
  }

  @Command(name = "diff", description = "Show what a run's candidate changes, row by row.")
  static final class Diff implements Callable<Integer> {
    private final Root root;

    @Parameters(
        index = "0",
        arity = "0..1",
        defaultValue = "latest",
        paramLabel = "RUN",
        description = "A run's id or the start of it; the latest by default.")
    private String run;

    @Option(names = "--html", paramLabel = "FILE", description = "Also write it as one HTML file.")
    private Path html;

    Diff(Root root) {
      this.root = root;
    }

    @Override
    public Integer call() {
      Report.DiffShown report = root.execute(new Operation.Diff(run));
      root.print(report, TextRenderer::text);
      if (html != null) {
        write(html, DiffHtml.text(report));
        root.streams().err().println("Written to " + html);
      }
      return 0;
    }

    static void write(Path file, String text) {
      try {
        Path parent = file.toAbsolutePath().getParent();
        if (parent != null) {
          Files.createDirectories(parent);
        }
        Files.writeString(file, text);
      } catch (IOException e) {
        throw TidemarkException.external(
            Problem.of(
                "TM-CLI-003",
                "cannot write " + file,
                e.getClass().getSimpleName(),
                "give a folder that can be written to"),
            e);
      }
    }
  }
}
