package io.tidemark.live;

import io.tidemark.cluster.Cluster;
import io.tidemark.lake.Lake;
import io.tidemark.lake.Lake.Fragmented;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Environment.Limits;
import io.tidemark.model.Facts;
import io.tidemark.model.Facts.TableFacts;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.Grain;
import io.tidemark.model.Graph;
import io.tidemark.model.JobResult;
import io.tidemark.model.JobSpec;
import io.tidemark.model.Layout;
import io.tidemark.model.LiveMark;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Pin;
import io.tidemark.model.Problem;
import io.tidemark.model.RecordJson;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRanges;
import io.tidemark.model.Topic;
import io.tidemark.model.Transform;
import io.tidemark.run.FactsReader;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Writes closed slices of many small files anew, in jobs of bounded input, and lets old snapshots
 * expire. Publishes, reverts and plans take compacted slices for the same rows; nothing that tables
 * tell of their past is forgotten with a snapshot. What was interrupted is done by the next round.
 */
public final class Maintenance {
  /** So many small files of one partition are worth a job. */
  private static final int FILES = 4;

  /** Whatever their age, these stay: jobs and readers hold on to the newest. */
  private static final int NEWEST = 20;

  private static final Duration LEASE = Duration.ofDays(1);

  private final Lake lake;
  private final Supplier<Cluster> cluster;
  private final JobSpec.CatalogSpec catalog;
  private final Limits limits;
  private final Clock clock;

  /**
   * @param cluster asked for only when there is something to compact
   * @param catalog of the lake, as jobs open it
   */
  public Maintenance(
      Lake lake,
      Supplier<Cluster> cluster,
      JobSpec.CatalogSpec catalog,
      Limits limits,
      Clock clock) {
    this.lake = lake;
    this.cluster = cluster;
    this.catalog = catalog;
    this.limits = limits;
    this.clock = clock;
  }

  /**
   * What was done to one table.
   *
   * @param left slices that were to be compacted and could not be
   * @param expired snapshots
   */
  public record Done(
      SliceSet compacted,
      SliceSet left,
      long filesBefore,
      long filesAfter,
      int expired,
      List<String> problems) {
    public Done {
      problems = List.copyOf(problems);
    }

    public boolean isNothing() {
      return compacted.isEmpty() && left.isEmpty() && expired == 0;
    }

    private Done and(Done more) {
      List<String> both = new ArrayList<>(problems);
      both.addAll(more.problems);
      return new Done(
          compacted.union(more.compacted),
          left.union(more.left),
          filesBefore + more.filesBefore,
          filesAfter + more.filesAfter,
          expired + more.expired,
          both);
    }
  }

  /**
   * One round for one dataset; nothing for references, and tables that others fill.
   *
   * @param facts of the whole graph, from which it is seen what is closed
   * @param note told what is about to be done
   * @throws TidemarkException EXTERNAL if the catalog or the cluster fails
   */
  public Done run(Graph graph, Facts facts, DatasetId id, Consumer<String> note) {
    Dataset dataset = graph.dataset(id);
    SliceSet none = SliceSet.empty(dataset.layout().slice());
    Done done = new Done(none, none, 0, 0, 0, List.of());
    TableFacts table = facts.tables().get(id);
    // Live jobs hold references at a pin for as long as they run, and read it again after a
    // failure.
    boolean reference = dataset.kind() == Dataset.Kind.REFERENCE;
    if (reference || table == null || table.head().isEmpty() || !isOurs(dataset)) {
      return done;
    }
    for (SliceSet batch : batches(graph, facts, dataset)) {
      note.accept("Compacting " + batch.count() + " slices of " + id);
      done = done.and(compact(dataset, table, batch));
    }
    return done.and(expire(dataset, cutoff(), FactsReader.pins(graph, facts.tables(), id)));
  }

  /**
   * The tables beside a dataset's own that there are: of rows that came too late, and of records
   * that are no rows. Each is one slice, of which only files that were there are replaced. Tables
   * that others have called so are told by their columns.
   */
  public List<Dataset> beside(Graph graph, Dataset dataset) {
    List<Dataset> beside = new ArrayList<>();
    Map<TableRef, String> tables =
        Map.of(
            LiveSpec.late(dataset.table()), "closed_until",
            LiveSpec.deadLetters(dataset.table()), Topic.OFFSET_COLUMN,
            JobSpec.Load.deadLetters(dataset.table()), "load_key");
    for (TableRef table : new TreeSet<>(tables.keySet())) {
      String suffix = table.name().substring(dataset.table().name().length());
      lake.schema(table)
          .filter(schema -> schema.names().contains(tables.get(table)))
          .filter(schema -> graph.datasets().stream().noneMatch(d -> d.table().equals(table)))
          .map(
              schema ->
                  new Dataset(
                      DatasetId.of(dataset.id() + suffix),
                      Dataset.Kind.DERIVED,
                      table,
                      schema,
                      List.of(),
                      Layout.unsliced(),
                      dataset.governance()))
          .ifPresent(beside::add);
    }
    return beside;
  }

  /**
   * One round for one of {@link #beside}; a table that is larger than what one step reads is not
   * written anew for a few small files.
   *
   * @param dataset that it is beside
   * @throws TidemarkException EXTERNAL if the catalog or the cluster fails
   */
  public Done run(Graph graph, Dataset dataset, Dataset side, Consumer<String> note) {
    SliceSet none = SliceSet.empty(Grain.ALL);
    Done done = new Done(none, none, 0, 0, 0, List.of());
    Optional<TableFacts> table = lake.facts(side, Set.of());
    if (table.flatMap(TableFacts::head).isEmpty()) {
      return done;
    }
    for (Fragmented all : lake.fragmented(side, FILES)) {
      if (all.bytes() <= limits.batchBytes()) {
        note.accept("Compacting " + side.id());
        done = done.and(compact(side, table.get(), SliceSet.range(Grain.ALL, 0, 1)));
      }
    }
    // A rollback of a source takes them back by what they know of checkpoints since then.
    Instant cutoff =
        graph.topicsBehind(dataset.id()).stream()
            .flatMap(source -> lake.past(graph.dataset(source).table()).stream())
            .flatMap(past -> past.commits().stream())
            .map(Lake.Commit::at)
            .reduce(cutoff(), (a, b) -> a.isBefore(b) ? a : b);
    return done.and(expire(side, cutoff, Set.of()));
  }

  private Instant cutoff() {
    return clock.instant().minus(limits.keepSnapshots());
  }

  private Done expire(Dataset dataset, Instant olderThan, Set<Pin> pins) {
    SliceSet none = SliceSet.empty(dataset.layout().slice());
    int expired = lake.expire(dataset, olderThan, NEWEST, pins);
    return new Done(none, none, 0, 0, expired, List.of());
  }

  /** A table that others fill is theirs to keep. */
  private boolean isOurs(Dataset dataset) {
    return dataset.kind() == Dataset.Kind.DERIVED
        || dataset.topic().isPresent()
        || !lake.stamps(dataset.table(), "main").isEmpty();
  }

  /** The closed slices of too many files, in jobs that read no more than runs' jobs do. */
  private List<SliceSet> batches(Graph graph, Facts facts, Dataset dataset) {
    List<SliceSet> batches = new ArrayList<>();
    Grain grain = dataset.layout().slice();
    List<Fragmented> found = lake.fragmented(dataset, FILES);
    SliceSet all = SliceSet.ofOrdinals(grain, found.stream().mapToLong(Fragmented::ordinal));
    SliceSet closed = closed(graph, facts, dataset, all);
    SliceSet batch = SliceSet.empty(grain);
    long bytes = 0;
    for (Fragmented slice : found) {
      if (!closed.contains(slice.ordinal())) {
        continue;
      }
      if (!batch.isEmpty() && bytes + slice.bytes() > limits.batchBytes()) {
        batches.add(batch);
        batch = SliceSet.empty(grain);
        bytes = 0;
      }
      batch = batch.union(SliceSet.range(grain, slice.ordinal(), slice.ordinal() + 1));
      bytes += slice.bytes();
    }
    if (!batch.isEmpty()) {
      batches.add(batch);
    }
    return batches;
  }

  /** Those that no live job writes to, or will soon. */
  private static SliceSet closed(Graph graph, Facts facts, Dataset dataset, SliceSet slices) {
    Optional<LiveMark> own = mark(facts, dataset.id());
    if (dataset.kind() == Dataset.Kind.DERIVED) {
      return own.map(m -> slices.minus(m.open(slices))).orElse(slices);
    }
    TimeRanges open = TimeRanges.EMPTY;
    boolean consumed = false;
    for (Transform consumer : graph.consumersOf(dataset.id())) {
      Optional<LiveMark> mark = mark(facts, consumer.output());
      if (mark.isPresent()) {
        Grain grain = graph.dataset(consumer.output()).layout().slice();
        open = open.union(mark.get().openTime(grain));
        consumed = true;
      }
    }
    SliceSet rest = slices;
    for (long ordinal : slices.ordinals().toArray()) {
      SliceSet one = SliceSet.range(slices.grain(), ordinal, ordinal + 1);
      boolean written = one.ranges().ranges().stream().anyMatch(open::overlaps);
      rest = written ? rest.minus(one) : rest;
    }
    boolean running = own.filter(m -> m.phase() == LiveMark.Phase.RUNNING).isPresent();
    if (running && !consumed && !slices.isEmpty()) {
      // Nobody says what is closed; the newest slice is what the job writes to.
      long newest = slices.ordinals().max().orElseThrow();
      rest = rest.minus(SliceSet.range(slices.grain(), newest, newest + 1));
    }
    return rest;
  }

  private static Optional<LiveMark> mark(Facts facts, DatasetId id) {
    return Optional.ofNullable(facts.tables().get(id)).flatMap(TableFacts::live);
  }

  private Done compact(Dataset dataset, TableFacts facts, SliceSet slices) {
    long snapshot = facts.head().orElseThrow();
    String name =
        "compact-"
            + Fingerprint.of(dataset.id().value(), Long.toString(snapshot), slices.toString())
                .abbreviated();
    JobSpec.Compact job = job(dataset, facts, slices, name);
    SliceSet none = SliceSet.empty(slices.grain());
    lake.lease(dataset.table(), snapshot, name, clock.instant().plus(LEASE));
    try {
      cluster.get().run(job, progress -> {});
    } catch (TidemarkException e) {
      if (e.category() != TidemarkException.Category.REFUSED) {
        throw e;
      }
      return new Done(none, slices, 0, 0, 0, e.problems().stream().map(Problem::why).toList());
    } finally {
      lake.release(dataset.table(), name);
      lake.deleteOrphans(dataset.table(), name);
    }
    Optional<String> document = lake.readText(dataset.table(), job.resultPath());
    if (document.isEmpty()) {
      return new Done(none, slices, 0, 0, 0, List.of("the job left no result"));
    }
    JobResult.Compacted result = RecordJson.read(document.get(), JobResult.Compacted.class);
    lake.deleteText(dataset.table(), job.resultPath());
    return new Done(
        slices.minus(result.skipped()),
        result.skipped(),
        result.filesBefore(),
        result.filesAfter(),
        0,
        result.skipped().isEmpty()
            ? List.of()
            : List.of("somebody else replaced their files meanwhile"));
  }

  private JobSpec.Compact job(Dataset dataset, TableFacts facts, SliceSet slices, String name) {
    String key = "compact/" + dataset.id() + "/" + name;
    List<Stamp.SliceDigest> known =
        facts.ledger().stream()
            .filter(r -> slices.contains(r.ordinal()))
            .map(r -> new Stamp.SliceDigest(r.ordinal(), r.rows(), r.hash()))
            .toList();
    return new JobSpec.Compact(
        key,
        catalog,
        JobSpec.Output.of(dataset, name, slices),
        facts.head().orElseThrow(),
        known,
        new Stamp(
            key,
            Stamp.Kind.COMPACT,
            dataset.id(),
            Stamp.Origin.NONE,
            new Stamp.Content(slices.grain(), List.of(), List.of()),
            ""),
        lake.documentPath(dataset.table(), name + ".json"));
  }
}
