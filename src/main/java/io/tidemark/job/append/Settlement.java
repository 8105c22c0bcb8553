package io.tidemark.job.append;

import io.tidemark.job.append.CommitState.SourceState;
import io.tidemark.job.append.CommitState.TaskState;
import io.tidemark.job.append.Disturbances.Touch;
import io.tidemark.job.append.LiveReport.Written;
import io.tidemark.job.append.LiveTables.Order;
import io.tidemark.job.append.TaskProgress.Closed;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Grain;
import io.tidemark.model.JobSpec;
import io.tidemark.model.LiveMark;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Pin;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.StampSummary;
import io.tidemark.model.TableRef;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.Snapshot;

/**
 * Commits one checkpoint to all tables: sources first, then tasks in topological order, then tables
 * that are only appended to. May be broken off anywhere and made again from the same state: what is
 * committed is found by its key.
 */
final class Settlement {
  private final LiveSpec spec;
  private final LiveTables tables;
  private final long checkpoint;
  private final Tally tally;
  private final CommitState before;
  private final List<Written> heldBefore;

  private final SortedMap<DatasetId, SourceState> sources;
  private final SortedMap<DatasetId, TaskState> tasks;
  private final SortedMap<DatasetId, Long> seen;
  private final List<Written> held = new ArrayList<>();
  private final Map<DatasetId, List<Touch>> touches = new HashMap<>();
  private final Map<DatasetId, Map<Integer, LiveMark.Range>> taken = new HashMap<>();

  /**
   * @param held files of tasks that wait for the history
   */
  Settlement(
      LiveSpec spec, LiveTables tables, CommitState state, List<Written> held, Pending pending) {
    this.spec = spec;
    this.tables = tables;
    this.checkpoint = pending.checkpoint();
    this.tally = new Tally(pending.reports());
    this.before = state;
    this.heldBefore = held;
    this.sources = new TreeMap<>(state.sources());
    this.tasks = new TreeMap<>(state.tasks());
    this.seen = new TreeMap<>(state.seen());
  }

  /** What is known afterwards. */
  record Done(CommitState state, List<Written> held) {}

  /**
   * Commits.
   *
   * @throws io.tidemark.model.TidemarkException REFUSED if the job may not go on; EXTERNAL if it
   *     may be tried again
   */
  Done run() {
    TreeSet<String> ended = new TreeSet<>(before.ended());
    TreeMap<DatasetId, Long> awaited = new TreeMap<>(before.awaited());
    tally
        .ended()
        .forEach(
            h -> {
              ended.add(h.source() + "/" + h.subtask());
              awaited.put(h.source(), (long) h.subtasks());
            });
    CommitState next = new CommitState(CommitState.VERSION, sources, tasks, seen, ended, awaited);
    for (LiveSpec.Source source : spec.sources()) {
      source(source);
    }
    boolean history = HistoryEnd.isReached(spec, next);
    for (LiveSpec.Task task : spec.tasks()) {
      task(task, history);
    }
    tally.tables().stream().filter(t -> !isLeased(t)).forEach(this::appendOnly);
    return new Done(
        new CommitState(CommitState.VERSION, sources, tasks, seen, ended, awaited), held);
  }

  private boolean isLeased(TableRef table) {
    return spec.sources().stream().anyMatch(s -> s.dataset().table().equals(table))
        || spec.tasks().stream().anyMatch(t -> t.output().table().equals(table));
  }

  private String key(TableRef table) {
    return spec.key() + "/" + spec.job() + "/" + table + "/" + checkpoint;
  }

  private void appendOnly(TableRef table) {
    List<DataFile> files = tally.files(table);
    if (!files.isEmpty()) {
      tables.tidy(table);
      tables.append(
          new Order(
              table,
              "main",
              key(table),
              ancestors -> Optional.empty(),
              Map.of(StampSummary.KEY, key(table)),
              Optional.empty()),
          files);
    }
  }

  private void source(LiveSpec.Source source) {
    DatasetId id = source.dataset().id();
    TableRef table = source.dataset().table();
    SourceState state = sources.get(id);
    if (source.mode() == LiveSpec.Source.Mode.FOLLOW) {
      follow(source, state);
      return;
    }
    Offsets offsets = Offsets.after(id, state.offsets(), tally.taken(id));
    taken.put(id, offsets.moved());
    sources.put(id, new SourceState(state.mark(), offsets.next()));
    if (source.mode() == LiveSpec.Source.Mode.READ) {
      read(source, offsets);
      return;
    }
    offsets.requireWritten(id, tally.rows(table));
    List<DataFile> files = tally.files(table);
    if (state.mark().isPresent() && offsets.moved().isEmpty() && files.isEmpty()) {
      return;
    }
    long rows = tally.rows(table);
    LiveMark mark =
        mark(
            Optional.empty(),
            id,
            new LiveMark.Ranges(
                source.topicId(),
                state.mark().isEmpty() ? offsets.over(source.expired()) : offsets.ranges()),
            new LiveMark.Counts(rows, 0, rows, 0),
            List.of());
    Stamp stamp =
        new Stamp(
            key(table),
            Stamp.Kind.LIVE,
            id,
            Stamp.Origin.NONE,
            new Stamp.Content(
                source.dataset().layout().slice(), List.of(), Stamp.Content.ANY_COLUMN),
            "checkpoint " + checkpoint);
    Snapshot done =
        tables.append(
            new Order(
                table,
                "main",
                key(table),
                new Lease(table, spec.job(), state.mark(), source.since()),
                StampSummary.write(stamp, mark),
                source.dataset().layout().eventTime()),
            files);
    sources.put(id, new SourceState(Optional.of(checkpoint), offsets.next()));
    look(id, table, source.dataset().layout(), done.snapshotId());
    if (state.mark().isEmpty()) {
      Touch.expired(source, Instant.now())
          .ifPresent(t -> touches.computeIfAbsent(id, i -> new ArrayList<>()).add(t));
    }
  }

  /** Another job writes the table; its newest snapshot that holds no more than was read here. */
  private void read(LiveSpec.Source source, Offsets offsets) {
    DatasetId id = source.dataset().id();
    TableRef table = source.dataset().table();
    Optional<Snapshot> covered =
        tables
            .head(table, "main")
            .flatMap(
                head ->
                    offsets.newestWithin(id, tables.table(table), head, seen.getOrDefault(id, 0L)));
    covered.ifPresent(s -> look(id, table, source.dataset().layout(), s.snapshotId()));
  }

  /** Another job writes the table, and what closed there was read. */
  private void follow(LiveSpec.Source source, SourceState state) {
    Steps steps = new Steps(source.dataset(), tally);
    Offsets offsets = Offsets.after(source.dataset().id(), state.offsets(), steps.taken());
    steps.requireScanned();
    DatasetId id = source.dataset().id();
    TableRef table = source.dataset().table();
    if (!steps.isEmpty()) {
      tables.table(table).refresh();
      touches.put(id, steps.touches(tables.table(table), seen.getOrDefault(id, 0L)));
      seen.put(id, steps.snapshot());
    }
    taken.put(id, offsets.moved());
    sources.put(id, new SourceState(state.mark(), offsets.next()));
  }

  private void look(DatasetId id, TableRef table, io.tidemark.model.Layout layout, long snapshot) {
    Long last = seen.get(id);
    if (last != null) {
      touches.put(
          id, Disturbances.between(tables.table(table), id.value(), layout, last, snapshot));
    }
    seen.put(id, snapshot);
  }

  private LiveMark mark(
      Optional<Long> openFrom,
      DatasetId source,
      LiveMark.Ranges ranges,
      LiveMark.Counts counts,
      List<LiveMark.Doubt> doubts) {
    TreeMap<DatasetId, LiveMark.Ranges> all = new TreeMap<>();
    all.put(source, ranges);
    return new LiveMark(
        spec.job(),
        spec.epoch(),
        checkpoint,
        LiveMark.Phase.RUNNING,
        openFrom,
        all,
        counts,
        doubts);
  }

  private void task(LiveSpec.Task task, boolean history) {
    JobSpec.Output output = task.output();
    DatasetId id = output.name();
    TaskState state = tasks.get(id);
    TaskProgress progress = new TaskProgress(output);
    SortedMap<DatasetId, Pin> pins = new Pins(spec, seen).of(task);
    DatasetId first = Pins.firstSource(spec, task);
    TaskState known =
        progress
            .absorb(state, tally, taken.getOrDefault(first, Map.of()), pins)
            .doubting(disturbed(task, state));
    if (!state.replaced() && !history) {
      held.addAll(written(heldBefore, output.table()));
      held.addAll(tally.written(output.table()));
      if (state.mark().isEmpty()) {
        LiveMark lease =
            mark(
                state.openFrom(),
                first,
                new LiveMark.Ranges(new TreeMap<>()),
                LiveMark.Counts.NONE,
                List.of());
        Stamp stamp = progress.stamp(key(output.table()), Stamp.Origin.NONE, List.of(), checkpoint);
        own(task, tables.append(order(task, state, stamp, lease), List.of()).snapshotId());
        known = known.marked(checkpoint);
      }
      tasks.put(id, known);
      return;
    }
    Closed closed = progress.close(known, tally, pins);
    for (DatasetId input : task.transform().inputs()) {
      if (!closed.pins().containsKey(input)) {
        closed =
            closed.doubted(
                output.layout().slice(),
                "no snapshot of " + input + " was known to hold no more than it was made from");
      }
    }
    List<DataFile> files = new ArrayList<>();
    if (!state.replaced()) {
      files.addAll(Tally.files(written(heldBefore, output.table())));
    }
    files.addAll(tally.files(output.table()));
    if (state.replaced()
        && files.isEmpty()
        && !closed.isNews(state)
        && !isLateUntold(output, known)) {
      tasks.put(id, known);
      return;
    }
    TaskState rest = closed.rest();
    LiveMark mark =
        mark(
            rest.openFrom(),
            first,
            new LiveMark.Ranges(known.ranges()),
            known.counts(),
            closed.doubts());
    boolean closes = !rest.openFrom().equals(state.openFrom());
    Stamp.Origin origin =
        closes
            ? new Stamp.Origin(
                Optional.empty(),
                Optional.empty(),
                Optional.of(task.transform().analysis()),
                closed.pins())
            : Stamp.Origin.NONE;
    Stamp stamp = progress.stamp(key(output.table()), origin, closed.slices(), checkpoint);
    Order order = order(task, state, stamp, mark);
    Snapshot done =
        state.replaced()
            ? tables.append(order, files)
            : tables.replace(order, output, owned(output, state), files);
    // What others did to the table between the look at it and this commit is doubted with the next.
    List<LiveMark.Doubt> own = own(task, done.snapshotId());
    List<LiveMark.Doubt> late = state.replaced() ? own : List.of();
    tasks.put(
        id,
        new TaskState(
                Optional.of(checkpoint),
                true,
                rest.openFrom(),
                rest.sums(),
                rest.doubts(),
                rest.passed(),
                rest.counts(),
                rest.ranges())
            .doubting(late));
  }

  /**
   * Beside main nobody writes late rows to a table: only marks say that some came, and whoever
   * compares a closed slice must know it before the next one closes.
   */
  private static boolean isLateUntold(JobSpec.Output output, TaskState known) {
    return !output.branch().equals("main") && known.counts().late() > 0;
  }

  private Order order(LiveSpec.Task task, TaskState state, Stamp stamp, LiveMark mark) {
    JobSpec.Output output = task.output();
    return new Order(
        output.table(),
        output.branch(),
        stamp.key(),
        new Lease(output.table(), spec.job(), state.mark(), task.since()),
        StampSummary.write(stamp, mark),
        output.layout().eventTime());
  }

  private static List<Written> written(List<Written> all, TableRef table) {
    return all.stream().filter(w -> w.table().equals(table)).toList();
  }

  /**
   * What others did to the inputs, and to the output itself, as far as open slices depend on it.
   */
  private List<LiveMark.Doubt> disturbed(LiveSpec.Task task, TaskState state) {
    Grain grain = task.output().layout().slice();
    SliceSet open = owned(task.output(), state);
    List<LiveMark.Doubt> doubts = new ArrayList<>();
    for (DatasetId input : task.transform().inputs()) {
      for (Touch touch : touches.getOrDefault(input, List.of())) {
        doubts.add(touch.doubt(grain, task.transform().window()));
      }
    }
    if (state.replaced()) {
      tables
          .head(task.output().table(), task.output().branch())
          .ifPresent(head -> doubts.addAll(own(task, head.snapshotId())));
    }
    return doubts.stream()
        .map(d -> new LiveMark.Doubt(d.slices().intersect(open), d.reason()))
        .filter(d -> !d.slices().isEmpty())
        .toList();
  }

  /** What others did to the output since it was last looked at. */
  private List<LiveMark.Doubt> own(LiveSpec.Task task, long head) {
    DatasetId id = task.output().name();
    List<Touch> found =
        Disturbances.between(
            tables.table(task.output().table()),
            id.value(),
            task.output().layout(),
            seen.getOrDefault(id, head),
            head);
    seen.put(id, head);
    touches.computeIfAbsent(id, i -> new ArrayList<>()).addAll(found);
    Grain grain = task.output().layout().slice();
    return found.stream()
        .map(t -> t.doubt(grain, io.tidemark.model.Transform.Window.EXACT))
        .toList();
  }

  /** The slices that the job owns. */
  private static SliceSet owned(JobSpec.Output output, TaskState state) {
    Grain grain = output.layout().slice();
    if (grain == Grain.ALL) {
      return SliceSet.range(grain, 0, 1);
    }
    return SliceSet.range(
        grain,
        state.openFrom().orElse(grain.ordinal(Instant.parse("0001-01-01T00:00:00Z"))),
        grain.ordinal(Instant.parse("9999-12-31T00:00:00Z")));
  }
}
