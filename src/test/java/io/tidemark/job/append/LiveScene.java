package io.tidemark.job.append;

import io.tidemark.lake.Lake;
import io.tidemark.lake.Lakes;
import io.tidemark.model.Column;
import io.tidemark.model.ContentHash;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Governance;
import io.tidemark.model.Grain;
import io.tidemark.model.JobSpec;
import io.tidemark.model.JobSpec.CatalogSpec;
import io.tidemark.model.Layout;
import io.tidemark.model.LiveMark;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Location;
import io.tidemark.model.Schema;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.StampSummary;
import io.tidemark.model.TableRef;
import io.tidemark.model.Transform;
import io.tidemark.testing.FaultyCatalog;
import io.tidemark.testing.JobBed;
import io.tidemark.testing.LakeFixture;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.util.SnapshotUtil;

/**
 * A source with one partition, a task that copies it by hours, and late rows: real tables, and
 * reports made by hand. Event {@code i} of offset {@code i} happens {@code i} minutes after the
 * first of January 2001.
 */
final class LiveScene implements AutoCloseable {
  static final Instant START = Instant.parse("2001-01-01T00:00:00Z");
  static final long FIRST = Grain.HOUR.ordinal(START);
  static final TableRef COPIES = TableRef.parse("ns.copies");
  static final TableRef LATE = TableRef.parse("ns.hours_late");

  private final TopicNames topics = new TopicNames();
  private final CatalogSpec catalog;
  private final LakeFixture fixture;
  private final Lake lake;
  private final Dataset events;
  private final Dataset hours;

  LiveScene(Path dir) {
    TreeMap<String, String> properties = new TreeMap<>(LakeFixture.sqlite(dir).properties());
    properties.remove("type");
    properties.put("catalog-impl", FaultyCatalog.class.getName());
    catalog = new CatalogSpec("lake", properties);
    fixture = new LakeFixture(LakeFixture.sqlite(dir));
    lake = Lakes.open(LakeFixture.sqlite(dir));
    events = dataset("events", Dataset.Kind.SOURCE, TableRef.parse("ns.events"));
    hours = dataset("hours", Dataset.Kind.DERIVED, TableRef.parse("ns.hours"));
    dataset("hours_late", Dataset.Kind.SOURCE, LATE);
  }

  private Dataset dataset(String name, Dataset.Kind kind, TableRef table) {
    Dataset dataset =
        new Dataset(
            DatasetId.of(name),
            kind,
            table,
            new Schema(
                List.of(Column.required("id", "BIGINT"), Column.required("at", "TIMESTAMP(6)"))),
            List.of("id"),
            new Layout(Optional.of("at"), Grain.HOUR, Grain.HOUR),
            new Governance(Governance.Tier.STANDARD, "", "", List.of()));
    lake.ensure(dataset);
    return dataset;
  }

  TopicNames topics() {
    return topics;
  }

  CatalogSpec catalog() {
    return catalog;
  }

  LakeFixture fixture() {
    return fixture;
  }

  Dataset events() {
    return events;
  }

  Dataset hours() {
    return hours;
  }

  /** A start that goes on from what the tables hold. */
  LiveSpec spec(String job) {
    return spec(job, Optional.empty(), Optional.empty());
  }

  /**
   * @param historyFrom whether history is read
   */
  LiveSpec spec(String job, Optional<Instant> historyFrom, Optional<Long> openFrom) {
    Optional<LiveMark> sourceMark = mark(events.table());
    TreeMap<Integer, Long> offsets = new TreeMap<>();
    sourceMark.ifPresent(
        m -> m.ranges().get(events.id()).partitions().forEach((p, r) -> offsets.put(p, r.to())));
    Optional<LiveMark> taskMark = mark(hours.table());
    LiveSpec.Source source =
        new LiveSpec.Source(
            events,
            LiveSpec.Source.Mode.INGEST,
            TableRef.parse("ns.events_dead"),
            sourceMark,
            fixture.head(events.table()),
            offsets,
            historyFrom,
            Optional.of("topic-of-" + events.id()),
            1);
    LiveSpec.Task task =
        new LiveSpec.Task(
            new Transform(
                hours.id(),
                new Transform.Sql("SELECT id, `at` FROM events"),
                List.of(events.id()),
                Transform.Window.EXACT,
                "1",
                JobBed.analysis(io.tidemark.model.Analysis.Locality.ONE_TO_ONE),
                new Location("jobs/t.sql", 1, 1)),
            Optional.empty(),
            JobSpec.Output.of(hours, "main", SliceSet.empty(Grain.HOUR)),
            LATE,
            taskMark,
            fixture.head(hours.table()),
            openFrom.or(() -> taskMark.flatMap(LiveMark::openFrom)));
    return new LiveSpec(
        "copy",
        job,
        taskMark.map(m -> m.epoch() + 1).orElse(1L),
        catalog,
        new LiveSpec.Streaming(new TreeMap<>(), Duration.ofSeconds(1), "file:///dev/null"),
        List.of(source),
        List.of(),
        List.of(task));
  }

  /** The same, and a second task that copies what the first one made. */
  LiveSpec chained(LiveSpec spec) {
    Dataset copies = dataset("copies", Dataset.Kind.DERIVED, COPIES);
    LiveSpec.Task first = spec.tasks().get(0);
    LiveSpec.Task second =
        new LiveSpec.Task(
            new Transform(
                copies.id(),
                new Transform.Sql("SELECT id, `at` FROM hours"),
                List.of(hours.id()),
                first.transform().window(),
                "1",
                first.transform().analysis(),
                first.transform().where()),
            Optional.empty(),
            JobSpec.Output.of(copies, "main", SliceSet.empty(Grain.HOUR)),
            TableRef.parse("ns.copies_late"),
            mark(COPIES),
            fixture.head(COPIES),
            first.openFrom());
    return new LiveSpec(
        spec.name(),
        spec.job(),
        spec.epoch(),
        spec.catalog(),
        spec.streaming(),
        spec.sources(),
        spec.references(),
        List.of(first, second));
  }

  /** The same task on a branch, by a job that leaves the source to another. */
  LiveSpec reading(LiveSpec owner, String branch) {
    LiveSpec.Source s = owner.sources().get(0);
    LiveSpec.Task t = owner.tasks().get(0);
    return new LiveSpec(
        owner.name() + "-" + branch,
        "reader",
        1,
        owner.catalog(),
        owner.streaming(),
        List.of(
            new LiveSpec.Source(
                s.dataset(),
                LiveSpec.Source.Mode.READ,
                s.deadLetters(),
                s.since(),
                s.snapshot(),
                s.offsets(),
                s.historyFrom(),
                s.topicId(),
                s.partitions())),
        List.of(),
        List.of(
            new LiveSpec.Task(
                t.transform(),
                t.query(),
                JobSpec.Output.of(hours, branch, SliceSet.empty(Grain.HOUR)),
                t.late(),
                t.since(),
                t.snapshot(),
                t.openFrom())));
  }

  Optional<LiveMark> branchMark(TableRef ref, String branch) {
    return StampSummary.readMark(fixture.table(ref).snapshot(branch).summary());
  }

  Optional<Stamp> branchStamp(TableRef ref, String branch) {
    return StampSummary.read(fixture.table(ref).snapshot(branch).summary());
  }

  static List<Object> event(long i) {
    return JobBed.row(i, START.plusSeconds(i * 60));
  }

  static List<List<Object>> events(long from, long to) {
    List<List<Object>> rows = new ArrayList<>();
    for (long i = from; i < to; i++) {
      rows.add(event(i));
    }
    return rows;
  }

  /** All reports of a checkpoint that takes in events, whose gate then leaves this hour open. */
  List<LiveReport> reports(long from, long to, Optional<Long> openHour) {
    List<LiveReport> reports = new ArrayList<>();
    if (to > from) {
      TreeMap<Integer, LiveMark.Range> ranges = new TreeMap<>();
      ranges.put(0, new LiveMark.Range(from, to, to - from, 0));
      reports.add(new LiveReport.Taken(events.id(), 0, ranges));
      reports.add(written(events.table(), from, to, List.of(), Optional.empty()));
    }
    Optional<Long> open = openHour.map(h -> FIRST + h);
    reports.add(new LiveReport.Gated(hours.id(), 0, to - from, 0, open, List.of()));
    List<Stamp.SliceDigest> digests = new ArrayList<>();
    for (long i = from; i < to; i++) {
      digests.add(new Stamp.SliceDigest(FIRST + i / 60, 1, hash(i)));
    }
    reports.add(written(hours.table(), from, to, digests, open));
    return reports;
  }

  static ContentHash hash(long event) {
    return new ContentHash(event, event * 31 + 7);
  }

  /** The hash of a range of events. */
  static ContentHash hash(long from, long to) {
    ContentHash sum = ContentHash.EMPTY;
    for (long i = from; i < to; i++) {
      sum = sum.plus(hash(i));
    }
    return sum;
  }

  LiveReport.Written written(
      TableRef table,
      long from,
      long to,
      List<Stamp.SliceDigest> digests,
      Optional<Long> openFrom) {
    return new LiveReport.Written(
        table,
        to - from,
        digests,
        List.of(),
        openFrom,
        from == to ? List.of() : fixture.write(table, events(from, to)));
  }

  /** The newest mark on main. */
  Optional<LiveMark> mark(TableRef table) {
    return history(table).stream()
        .flatMap(s -> StampSummary.readMark(s.summary()).stream())
        .findFirst();
  }

  Optional<Stamp> stamp(TableRef table) {
    return history(table).stream()
        .flatMap(s -> StampSummary.read(s.summary()).stream())
        .findFirst();
  }

  /** Main's snapshots, the newest first. */
  List<Snapshot> history(TableRef ref) {
    Table table = fixture.table(ref);
    List<Snapshot> snapshots = new ArrayList<>();
    if (table.currentSnapshot() != null) {
      SnapshotUtil.ancestorsOf(table.currentSnapshot().snapshotId(), table::snapshot)
          .forEach(snapshots::add);
    }
    return snapshots;
  }

  List<String> rows(TableRef table) {
    return fixture.rows(table);
  }

  static List<String> texts(long from, long to) {
    return events(from, to).stream()
        .map(
            r ->
                List.of(
                        r.get(0),
                        java.time.LocalDateTime.ofInstant(
                            (Instant) r.get(1), java.time.ZoneOffset.UTC))
                    .toString())
        .sorted()
        .toList();
  }

  @Override
  public void close() {
    lake.close();
    fixture.close();
  }
}
