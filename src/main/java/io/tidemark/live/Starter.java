package io.tidemark.live;

import io.tidemark.lake.Lake;
import io.tidemark.live.LiveJobs.Query;
import io.tidemark.live.Orders.Found;
import io.tidemark.live.topics.KafkaTopics;
import io.tidemark.live.topics.Topics;
import io.tidemark.live.topics.Topics.Extent;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Environment;
import io.tidemark.model.Facts.SliceFiles;
import io.tidemark.model.Facts.TableFacts;
import io.tidemark.model.Graph;
import io.tidemark.model.JobSpec;
import io.tidemark.model.LiveMark;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.SliceSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRanges;
import io.tidemark.model.Topic;
import io.tidemark.model.Transform;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.UUID;

/** Writes the order of a start, of one side, from what tables and topics say. */
final class Starter {
  /** How often a table that somebody commits to is looked at for a moment's rest. */
  private static final int LOOKS = 20;

  private final Lake lake;
  private final Environment environment;
  private final Side side;

  Starter(Lake lake, Environment environment, Side side) {
    this.lake = lake;
    this.environment = environment;
    this.side = side;
  }

  /**
   * Where and as what a start goes on; changes nothing but to make tables that are missing.
   *
   * @throws TidemarkException USER with every problem that keeps it from running; EXTERNAL if
   *     brokers or the catalog do not answer
   */
  LiveSpec order(
      LiveJobs.Request request,
      LiveScope scope,
      Map<DatasetId, Query> queries,
      LiveSpec.Streaming streaming) {
    Graph graph = request.graph();
    Map<DatasetId, Optional<Extent>> topics = topics(scope, streaming.kafka());
    for (Dataset source : scope.sources()) {
      topics.get(source.id()).ifPresent(e -> lake.ensure(source));
    }
    scope.followed().forEach(lake::ensure);
    scope.transforms().forEach(t -> lake.ensure(graph.dataset(t.output())));
    Map<DatasetId, Found> tables = tables(graph, scope);
    Orders orders = new Orders(graph, scope, tables);
    Map<DatasetId, SortedMap<Integer, Long>> offsets =
        orders.offsets(topics, request.acceptedGaps());
    Map<DatasetId, Optional<Long>> openFrom = orders.openFrom(request.from());
    offsets.putAll(orders.closed(openFrom));
    Map<DatasetId, Optional<Instant>> history = orders.history(openFrom);
    long epoch = orders.epoch();
    return new LiveSpec(
        side.of(graph.name()),
        side.of(graph.name()) + "-" + epoch + "-" + UUID.randomUUID().toString().substring(0, 8),
        epoch,
        environment.catalog(),
        streaming,
        scope.inflow().stream()
            .map(
                s ->
                    new LiveSpec.Source(
                        s,
                        s.topic().isPresent() ? side.mode() : LiveSpec.Source.Mode.FOLLOW,
                        LiveSpec.deadLetters(s.table()),
                        tables.get(s.id()).mark(),
                        tables.get(s.id()).head(),
                        offsets.get(s.id()),
                        history.get(s.id()),
                        extent(topics, s).flatMap(Extent::id),
                        extent(topics, s).map(e -> e.partitions().size()).orElse(0)))
            .toList(),
        references(scope),
        scope.transforms().stream()
            .map(t -> task(graph, t, queries.get(t.output()).text(), tables, openFrom))
            .toList());
  }

  private static Optional<Extent> extent(Map<DatasetId, Optional<Extent>> topics, Dataset source) {
    return topics.getOrDefault(source.id(), Optional.empty());
  }

  private LiveSpec.Task task(
      Graph graph,
      Transform transform,
      Optional<String> query,
      Map<DatasetId, Found> tables,
      Map<DatasetId, Optional<Long>> openFrom) {
    Dataset output = graph.dataset(transform.output());
    return new LiveSpec.Task(
        transform,
        query,
        JobSpec.Output.of(output, side.branch(), SliceSet.empty(output.layout().slice())),
        LiveSpec.late(output.table()),
        tables.get(output.id()).mark(),
        tables.get(output.id()).head(),
        openFrom.get(output.id()));
  }

  private List<JobSpec.Input> references(LiveScope scope) {
    List<JobSpec.Input> inputs = new ArrayList<>();
    List<Problem> problems = new ArrayList<>();
    for (Dataset reference : scope.references()) {
      Optional<Long> head = lake.head(reference.table(), Side.MAIN.branch());
      if (head.isEmpty()) {
        problems.add(
            Problem.of(
                "TM-LIVE-117",
                "reference '" + reference.id() + "' holds nothing",
                "every lookup in it would find no row",
                "load it first: tidemark load " + reference.id() + " FILE..."));
      } else {
        inputs.add(JobSpec.Input.of(reference, head.get(), TimeRanges.ALL));
      }
    }
    if (!problems.isEmpty()) {
      throw TidemarkException.user(problems);
    }
    return inputs;
  }

  private static Map<DatasetId, Optional<Extent>> topics(
      LiveScope scope, SortedMap<String, String> kafka) {
    Map<DatasetId, Optional<Extent>> found = new HashMap<>();
    try (Topics topics = new KafkaTopics(kafka)) {
      for (Dataset source : scope.sources()) {
        found.put(source.id(), topics.extent(source.topic().orElseThrow()));
      }
    }
    return found;
  }

  private Map<DatasetId, Found> tables(Graph graph, LiveScope scope) {
    Map<DatasetId, Found> tables = new HashMap<>();
    scope.inflow().forEach(s -> tables.put(s.id(), found(s, Side.MAIN.branch())));
    for (Transform transform : scope.transforms()) {
      Dataset output = graph.dataset(transform.output());
      tables.put(output.id(), found(output, side.branch()));
    }
    return tables;
  }

  /**
   * A mark and the snapshot that it is the newest of: who goes on at the offsets of an older one
   * would read twice what the snapshot holds. Where the job that writes the table is the one that
   * starts, its lease would find that out; beside another job nothing would.
   */
  private Found found(Dataset dataset, String ref) {
    for (int i = 0; i < LOOKS; i++) {
      Optional<LiveMark> mark = lake.liveMark(dataset.table(), ref);
      Optional<TableFacts> facts = lake.facts(dataset, Set.of());
      long head = lake.head(dataset.table(), ref).orElse(0L);
      boolean same = head == facts.flatMap(TableFacts::head).orElse(0L);
      boolean whole = same || !ref.equals(Side.MAIN.branch());
      if (whole && mark.equals(lake.liveMark(dataset.table(), ref))) {
        return new Found(
            mark,
            head,
            SliceSet.ofOrdinals(
                dataset.layout().slice(),
                facts.map(TableFacts::inventory).orElse(List.of()).stream()
                    .filter(f -> f.rows() > 0)
                    .mapToLong(SliceFiles::ordinal)),
            mark.isEmpty()
                && dataset.topic().isPresent()
                && lake.holdsValues(dataset.table(), Topic.OFFSET_COLUMN));
      }
    }
    throw TidemarkException.external(
        Problem.of(
            "TM-LIVE-119",
            "table " + dataset.table() + " changes faster than it can be looked at",
            "its newest mark moved on " + LOOKS + " times in a row",
            "try again, or commit less often: 'checkpoint_every' in the environment"),
        null);
  }
}
