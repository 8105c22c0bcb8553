package io.tidemark.bench;

import io.tidemark.BenchDoor;
import io.tidemark.control.Control;
import io.tidemark.control.Operation;
import io.tidemark.control.Operation.After;
import io.tidemark.control.Operation.Selection;
import io.tidemark.control.Report;
import io.tidemark.control.Watcher;
import io.tidemark.model.RunState;
import java.nio.file.Path;
import java.util.List;

/**
 * A child's main: the whole path as a user takes it, from reading the project to the published
 * table. Argument: the project's folder.
 */
public final class OwnRun {
  private OwnRun() {}

  public static void main(String[] args) {
    try (Control control = BenchDoor.open(Path.of(args[0]))) {
      run(control);
    }
    System.out.println(Usage.line());
    System.exit(0);
  }

  static Report.RunShown run(Control control) {
    Report.RunShown run =
        control.execute(
            new Operation.StartRun(new Operation.Fresh(Selection.ALL), After.PUBLISH),
            Watcher.NONE);
    RunState state = run.run().map(Report.RunLine::state).orElse(RunState.FAILED);
    if (state != RunState.PUBLISHED) {
      throw new IllegalStateException("run ended as " + run);
    }
    return run;
  }

  /** Builds and diffs, and leaves the candidate on its branch, which this answers with. */
  static String candidate(Control control, Watcher watcher) {
    return control
        .execute(
            new Operation.StartRun(new Operation.Fresh(Selection.ALL), After.KEEP_CANDIDATE),
            watcher)
        .run()
        .orElseThrow()
        .run()
        .branch();
  }

  static List<String> arguments(BenchProject project) {
    return List.of(project.directory().toString());
  }
}
