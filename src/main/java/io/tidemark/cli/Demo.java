package io.tidemark.cli;

import io.tidemark.cli.demo.DemoProject;
import io.tidemark.cli.text.TextTable;
import io.tidemark.control.Control;
import io.tidemark.control.Operation;
import io.tidemark.control.Report;
import io.tidemark.model.RunState;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.rollback.Terms;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The story: a bug in production, its fix on a branch, a wrong fix that is stopped, publish, revert
 * and rollback. Everything it does is an operation that a command does too.
 */
final class Demo {
  private static final String CHANGE = "utc-fix";
  private static final String TABLE = "airport_month";
  private static final String MONTH = "2001-03";
  private static final int ALL_ROWS = 100_000;

  private final Root root;
  private final Path directory;
  private final Narrator narrator;
  private final Progress progress;
  private final DemoProject project;
  private final Control control;

  private Demo(Root root, Path directory, Control control, DemoProject project) {
    this.root = root;
    this.directory = directory;
    this.control = control;
    this.project = project;
    this.narrator = new Narrator(root.streams(), root.paint());
    this.progress = new Progress(root.streams(), root.errorPaint());
  }

  /** Tells it in a new folder. */
  static int tell(Root root, Path directory) {
    long start = System.nanoTime();
    DemoProject project = DemoProject.create(directory);
    try (Control control = root.open(directory)) {
      Demo demo = new Demo(root, directory, control, project);
      demo.load();
      demo.fix();
      String run = demo.runFix();
      demo.wrongFix();
      demo.release(run);
      demo.end((System.nanoTime() - start) / 1_000_000_000L);
    }
    return 0;
  }

  private void load() {
    narrator.say(
        "Tidemark recomputes lake tables after a bug fix, on a branch, with proof, while readers"
            + " see nothing of it. This is the whole story on real data, in one process: Apache"
            + " Flink and Apache Iceberg run inside it, and everything is kept in "
            + directory
            + ".");
    narrator.chapter("Load real flights and build the tables for the first time");
    narrator.say(
        "US domestic flights of January to June 2001 and the airports they use. Local departure"
            + " times become instants (flights_utc), then airports by UTC day (airport_day) and by"
            + " month (airport_month), and routes by month (route_month).");
    project.useVersion("flights_utc.v1.sql");
    load("airports", "airports.csv");
    load("flights", "flights.parquet");
    narrator.command("tidemark run --publish");
    Report.RunShown run =
        execute(
            new Operation.StartRun(
                new Operation.Fresh(Operation.Selection.ALL), Operation.After.PUBLISH));
    narrator.show(run);
    DemoProof.require(state(run), RunState.PUBLISHED, "the first build to be published");
  }

  private void load(String dataset, String file) {
    narrator.command("tidemark load " + dataset + " jobs/flights/data/" + file);
    narrator.show(
        execute(
            new Operation.Load(
                dataset, List.of(project.file("data/" + file)), Optional.empty(), 0.01)));
  }

  private void fix() {
    narrator.chapter("A bug is found, and fixed");
    narrator.say(
        "Somebody notices that flights of Honolulu leave in the middle of the night: version 1"
            + " reads local times as if they were UTC. The fix looks the airport's time zone up:");
    List<String> before = project.logic();
    project.useFix();
    narrator.gap();
    narrator.edit(before, project.logic());
    narrator.say(
        "What is stale now, and why? The plan reads metadata only. It also names the expected"
            + " change, jobs/flights/changes/"
            + CHANGE
            + ".yaml, which says what the fix may touch: anything else will count against it.");
    narrator.command("tidemark plan --change " + CHANGE);
    narrator.show(execute(new Operation.MakePlan(selection(), Optional.empty())));
  }

  private static Operation.Selection selection() {
    return new Operation.Selection(
        List.of(), Optional.empty(), Optional.empty(), Optional.of(CHANGE));
  }

  private String runFix() {
    narrator.chapter("Run it on a branch, and look at the difference");
    narrator.say("Main stays as it is: readers see nothing of this until it is published.");
    narrator.command("tidemark run --change " + CHANGE);
    Report.RunShown run = runOnBranch();
    narrator.show(run);
    DemoProof.require(state(run), RunState.READY, "the fix to be ready");
    String id = id(run);
    Path html = directory.resolve("diff.html");
    narrator.command("tidemark diff " + id + " --html diff.html");
    Report.DiffShown diff = execute(new Operation.Diff(id));
    narrator.show(diff);
    RunCommands.Diff.write(html, DiffHtml.text(diff));
    narrator.say("The same as a page, to pass on: " + html);
    return id;
  }

  private static RunState state(Report.RunShown run) {
    return run.run().orElseThrow().state();
  }

  private static String id(Report.RunShown run) {
    return run.run().orElseThrow().run().value();
  }

  private Report.RunShown runOnBranch() {
    return execute(
        new Operation.StartRun(new Operation.Fresh(selection()), Operation.After.KEEP_CANDIDATE));
  }

  private void wrongFix() {
    narrator.chapter("A wrong fix does not get through");
    narrator.say(
        "A colleague had another fix in mind. It looks much the same, runs just as well, and takes"
            + " the time zone of the wrong airport:");
    List<String> right = project.logic();
    project.useVersion("flights_utc.wrong.sql");
    narrator.gap();
    narrator.edit(right, project.logic());
    narrator.command("tidemark run --change " + CHANGE);
    Report.RunShown run = runOnBranch();
    narrator.show(run);
    DemoProof.require(state(run), RunState.BLOCKED, "the wrong fix to be blocked");
    String id = id(run);
    narrator.command("tidemark publish " + id);
    TidemarkException refusal = refused(new Operation.Publish(id));
    narrator.refusal(refusal);
    DemoProof.require(
        refusal.category(), TidemarkException.Category.REFUSED, "its publish to be refused");
    narrator.say(
        "Main was never touched, and the candidate is kept for whoever wants to look. Here the run"
            + " is given up and the right fix put back.");
    narrator.command("tidemark runs --abandon " + id);
    execute(new Operation.Abandon(id));
    project.useFix();
  }

  private TidemarkException refused(Operation<?> operation) {
    try {
      execute(operation);
    } catch (TidemarkException e) {
      return e;
    }
    throw new IllegalStateException("[BUG] the demo's wrong fix was not refused");
  }

  private void release(String run) {
    narrator.chapter("Publish, revert one month, roll back");
    Map<String, String> old = hashes();
    Map<String, String> oldRows = rows();
    narrator.say(
        "Publishing is one metadata commit per table. No row moves, and readers switch from all old"
            + " to all new.");
    narrator.command("tidemark publish " + run);
    narrator.show(execute(new Operation.Publish(run)));
    narrator.say("Where a table's content comes from is written in its own snapshots:");
    narrator.command("tidemark history " + TABLE);
    Report.HistoryShown published = execute(new Operation.ShowHistory(TABLE, 20));
    narrator.show(published);
    revert(run, old, oldRows);
    rollback(published);
  }

  private void revert(String run, Map<String, String> old, Map<String, String> oldRows) {
    Map<String, String> fixed = hashes();
    Map<String, String> fixedRows = rows();
    Map<String, Optional<Long>> heads = otherHeads();
    narrator.say("March of " + TABLE + " should wait, so this one month goes back:");
    narrator.command(
        "tidemark revert " + run + " --dataset " + TABLE + " --slice " + MONTH + " --yes");
    narrator.show(
        execute(new Operation.Revert(run, Optional.of(TABLE), Optional.of(MONTH), Terms.Act.GO)));
    Map<String, String> now = hashes();
    Map<String, String> nowRows = rows();
    TextTable table =
        new TextTable(root.paint()).left("SLICE", "BEFORE THE FIX", "PUBLISHED", "NOW", "");
    for (String slice : now.keySet()) {
      table.row(
          slice,
          head(old.get(slice)),
          head(fixed.get(slice)),
          head(now.get(slice)),
          now.get(slice).equals(old.get(slice)) ? "as before the fix" : "as published");
    }
    narrator.command("tidemark status " + TABLE + "   (content hashes, three times)");
    narrator.quote(table.toString());
    DemoProof.require(
        DemoProof.differing(fixed, now), List.of(MONTH), "only that month to be different");
    DemoProof.require(now.get(MONTH), old.get(MONTH), "the old content of that month");
    narrator.proof(
        "the content hash of " + MONTH + " is what it was before the fix; no other moved");
    DemoProof.require(
        DemoProof.differing(fixedRows, nowRows),
        List.of(MONTH),
        "only rows of that month to differ");
    DemoProof.require(nowRows.get(MONTH), oldRows.get(MONTH), "the old rows of that month");
    narrator.proof("the same from the rows themselves, read back by Flink SQL before and after");
    DemoProof.require(otherHeads(), heads, "the other tables to be where they were");
    narrator.proof("every other table is at the very snapshot it was at");
  }

  private static String head(String hash) {
    return hash == null ? "-" : hash.substring(0, Math.min(12, hash.length()));
  }

  private void rollback(Report.HistoryShown published) {
    long to = published.head().orElseThrow();
    long head = execute(new Operation.ShowHistory(TABLE, 1)).head().orElseThrow();
    narrator.say(
        "March is fine after all. Rollback moves a whole table to any earlier snapshot, if main is"
            + " still where you think it is:");
    narrator.command(
        "tidemark rollback " + TABLE + " --to " + to + " --expect-head " + head + " --yes");
    narrator.show(
        execute(
            new Operation.Rollback(
                TABLE,
                String.valueOf(to),
                head,
                new Terms(Terms.Act.GO, Terms.Live.NONE, "demo", "March is fine after all"))));
    narrator.command("tidemark status");
    Report.StatusShown status = execute(new Operation.Status());
    narrator.show(status);
    DemoProof.require(
        status.datasets().stream().filter(d -> !d.stale().isEmpty()).map(d -> d.dataset()).toList(),
        List.of(),
        "no dataset to be stale");
  }

  private void end(long seconds) {
    narrator.chapter("Your turn");
    narrator.say(
        "That took "
            + seconds
            + " s. The warehouse is yours to play with; it is in "
            + directory
            + ":");
    narrator.quote(
        """
        cd %s
        tidemark status
        tidemark lineage airport_month.on_time_rate
        tidemark query "SELECT origin, on_time_rate FROM airport_month ORDER BY on_time_rate LIMIT 5"
        tidemark diff latest
        edit jobs/flights/route_month.sql, then: tidemark plan --explain
        your own data: tidemark init shop
        """
            .formatted(directory));
  }

  private Map<String, String> hashes() {
    return DemoProof.hashes(execute(new Operation.ShowSlices(TABLE)));
  }

  private Map<String, String> rows() {
    return DemoProof.readBack(
        execute(new Operation.Query("SELECT * FROM " + TABLE, ALL_ROWS)), "utc_month");
  }

  private Map<String, Optional<Long>> otherHeads() {
    Map<String, Optional<Long>> heads = new java.util.TreeMap<>();
    for (String dataset :
        List.of("flights", "airports", "flights_utc", "airport_day", "route_month")) {
      heads.put(dataset, execute(new Operation.ShowHistory(dataset, 1)).head());
    }
    return heads;
  }

  private <R extends Report> R execute(Operation<R> operation) {
    try {
      return control.execute(operation, progress);
    } finally {
      progress.clear();
    }
  }
}
