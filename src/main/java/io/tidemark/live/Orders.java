package io.tidemark.live;

import io.tidemark.live.topics.Topics.Extent;
import io.tidemark.live.topics.Topics.Partition;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Grain;
import io.tidemark.model.Graph;
import io.tidemark.model.LiveMark;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.SliceSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.Transform;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Where each part of a live job goes on, from what tables and topics say. Pure. */
final class Orders {
  static final String NEVER_LIVE = "TM-LIVE-124";
  static final String OPEN_AGAIN = "TM-LIVE-125";

  private final Graph graph;
  private final LiveScope scope;
  private final Map<DatasetId, Found> tables;
  private final List<Problem> problems = new ArrayList<>();

  /**
   * What one table says.
   *
   * @param mark the newest on main
   * @param head main's snapshot; 0 for none
   * @param present slices that hold rows, in the dataset's grain
   * @param fromTopic whether rows of it came from a topic; not asked where there is a mark
   */
  record Found(Optional<LiveMark> mark, long head, SliceSet present, boolean fromTopic) {
    Found(Optional<LiveMark> mark, long head, SliceSet present) {
      this(mark, head, present, false);
    }

    Optional<Long> oldest() {
      return present.ordinals().boxed().findFirst();
    }

    Optional<Long> newest() {
      return present.ordinals().boxed().reduce((a, b) -> b);
    }
  }

  /**
   * @param tables of every dataset of the scope
   */
  Orders(Graph graph, LiveScope scope, Map<DatasetId, Found> tables) {
    this.graph = graph;
    this.scope = scope;
    this.tables = tables;
  }

  /** One more than any job had that wrote one of the tables. */
  long epoch() {
    return 1
        + tables.entrySet().stream()
            .filter(e -> scope.followed().stream().noneMatch(d -> d.id().equals(e.getKey())))
            .flatMap(e -> e.getValue().mark().stream())
            .mapToLong(LiveMark::epoch)
            .max()
            .orElse(0);
  }

  /**
   * The next offset of each partition that a job has read from.
   *
   * @param accepted the partitions, as TOPIC/NUMBER, of which what expired unread is passed over
   * @throws TidemarkException USER with every problem, if a topic cannot go on from there
   */
  Map<DatasetId, SortedMap<Integer, Long>> offsets(
      Map<DatasetId, Optional<Extent>> topics, List<String> accepted) {
    TreeSet<String> unused = new TreeSet<>(accepted);
    Map<DatasetId, SortedMap<Integer, Long>> offsets = new HashMap<>();
    for (Dataset source : scope.sources()) {
      SortedMap<Integer, Long> next = next(source);
      String topic = source.topic().orElseThrow().name();
      Optional<Extent> extent = topics.get(source.id());
      if (extent.isEmpty()) {
        problems.add(
            Problem.of(
                "TM-LIVE-111",
                "topic '" + topic + "' of source '" + source.id() + "' does not exist",
                "",
                "create it, or mend 'topic' in pipeline.yaml"));
      }
      if (next.isEmpty() && tables.get(source.id()).fromTopic()) {
        problems.add(forgotten(source, topic));
      }
      extent.ifPresent(
          e -> {
            next.replaceAll(
                (p, offset) -> {
                  Partition held = e.partitions().get(p);
                  boolean gap = held != null && held.begin() > offset;
                  return gap && unused.remove(topic + "/" + p) ? held.begin() : offset;
                });
            check(source, topic, next, e);
          });
      offsets.put(source.id(), next);
    }
    unused.forEach(name -> problems.add(noGap(name)));
    throwProblems();
    return offsets;
  }

  private static Problem noGap(String name) {
    return Problem.of(
        "TM-LIVE-123",
        "there is no gap to accept in '" + name + "'",
        "nothing of it expired unread, or this start does not read it",
        "leave out --accept-gap " + name + ": it is for one gap, and not to be kept in scripts");
  }

  SortedMap<Integer, Long> next(Dataset source) {
    SortedMap<Integer, Long> next = new TreeMap<>();
    ranges(source).ifPresent(r -> r.partitions().forEach((p, range) -> next.put(p, range.to())));
    return next;
  }

  private Optional<LiveMark.Ranges> ranges(Dataset source) {
    return tables
        .get(source.id())
        .mark()
        .flatMap(m -> Optional.ofNullable(m.ranges().get(source.id())));
  }

  private static Problem forgotten(Dataset source, String topic) {
    return Problem.of(
        "TM-LIVE-122",
        "up to where topic '" + topic + "' was read is not known any more",
        "table '"
            + source.table()
            + "' holds records of it, and no commit on main is left that says which; to read the"
            + " topic from its beginning would double them",
        "roll the table back to a snapshot with a live job's mark, or give the source a new table"
            + " and topic; to expire by 'tidemark maintain' keeps marks");
  }

  private void check(Dataset source, String topic, SortedMap<Integer, Long> next, Extent extent) {
    Optional<String> known = ranges(source).flatMap(LiveMark.Ranges::topicId);
    if (known.isPresent() && extent.id().isPresent() && !known.equals(extent.id())) {
      problems.add(
          Problem.of(
              "TM-LIVE-112",
              "topic '" + topic + "' is not the one that was read before",
              "Kafka gave it the id "
                  + extent.id().get()
                  + ", and the source's table was read from "
                  + known.get()
                  + ": it was made anew, or 'topic' names another",
              "give the source a new table and topic, so that offsets say which record is which"));
      return;
    }
    next.forEach((p, offset) -> check(topic, p, offset, extent.partitions().get(p)));
  }

  private void check(String topic, int number, long offset, Partition partition) {
    String where = "partition " + number + " of topic '" + topic + "'";
    if (partition == null || partition.end() < offset) {
      problems.add(
          Problem.of(
              "TM-LIVE-112",
              where
                  + (partition == null
                      ? " is gone"
                      : " ends at offset " + partition.end() + ", before " + offset),
              "the source's table was read up to offset " + offset + ": the topic was made anew",
              "give the source a new table and topic, so that offsets say which record is which"));
    } else if (partition.begin() > offset) {
      problems.add(
          Problem.of(
              "TM-LIVE-113",
              where + " begins at offset " + partition.begin() + ", behind " + offset,
              (partition.begin() - offset)
                  + " offsets expired before they were read; to go on would lose them silently",
              "bring the records back to the topic, or accept that they are gone: tidemark live"
                  + " start --accept-gap "
                  + topic
                  + "/"
                  + number
                  + " passes them over, doubts the slices that they may have been of, and verify"
                  + " goes on to name them"));
    }
  }

  /**
   * The first slice that each transform's job owns; those without own all.
   *
   * @param from where transforms that never ran live begin; empty for the slice of the newest event
   */
  Map<DatasetId, Optional<Long>> openFrom(Optional<String> from) {
    Map<DatasetId, Optional<Long>> open = new HashMap<>();
    for (Transform transform : scope.transforms()) {
      Optional<LiveMark> mark = tables.get(transform.output()).mark();
      Grain grain = grain(transform.output());
      if (mark.isEmpty()) {
        open.put(
            transform.output(),
            from.isPresent() ? label(transform, from.get()) : newest(transform));
      } else {
        open.put(transform.output(), mark.get().openFrom());
        if (from.isPresent() && scope.transforms().size() == 1) {
          problems.add(
              Problem.of(
                  "TM-LIVE-114",
                  "'" + transform.output() + "' ran live before, so --from is not its to choose",
                  "it goes on at "
                      + mark.get().openFrom().map(grain::label).orElse("its first slice"),
                  "leave out --from"));
        }
      }
    }
    throwProblems();
    return open;
  }

  private Optional<Long> label(Transform transform, String label) {
    try {
      Instant start = Grain.HOUR.parseLabel(label).ranges().ranges().get(0).from();
      return Optional.of(grain(transform.output()).ordinal(start));
    } catch (IllegalArgumentException e) {
      problems.add(
          Problem.of(
              "TM-LIVE-115",
              "--from " + label + " names no slice of '" + transform.output() + "'",
              String.valueOf(e.getMessage()),
              "write a year, month, day or hour: 2001, 2001-03, 2001-03-01 or 2001-03-01T05"));
      return Optional.empty();
    }
  }

  /** The slice that the newest rows of its sources, the slowest of them, begin to reach. */
  private Optional<Long> newest(Transform transform) {
    return sources(transform.output())
        .flatMap(
            s ->
                s.topic().isPresent()
                    ? tables.get(s.id()).newest().map(o -> s.layout().slice().start(o)).stream()
                    : complete(s).stream())
        .min(Instant::compareTo)
        .map(at -> grain(transform.output()).ordinal(at.minus(transform.window().lookahead())));
  }

  /** Up to where slices of a followed table are closed. */
  private Optional<Instant> complete(Dataset followed) {
    return firstOpen(followed).map(o -> followed.layout().slice().start(o));
  }

  private Optional<Long> firstOpen(Dataset followed) {
    return tables.get(followed.id()).mark().flatMap(LiveMark::openFrom);
  }

  /**
   * Of each followed table, the first slice that is not closed: as the only partition's offset.
   *
   * @param openFrom the first slice that each transform's job owns
   * @throws TidemarkException REFUSED if transforms have closed, or leave closed, what is made of
   *     slices that are open; it may be that those have only to close
   */
  Map<DatasetId, SortedMap<Integer, Long>> closed(Map<DatasetId, Optional<Long>> openFrom) {
    Map<DatasetId, SortedMap<Integer, Long>> closed = new HashMap<>();
    for (Dataset followed : scope.followed()) {
      if (tables.get(followed.id()).mark().isEmpty()
          && tables.get(followed.id()).oldest().isPresent()) {
        problems.add(neverLive(followed));
        continue;
      }
      Instant complete = complete(followed).orElse(Instant.MIN);
      for (Transform reader : scope.readers(followed)) {
        openFrom
            .get(reader.output())
            .map(o -> grain(reader.output()).start(o).plus(reader.window().lookahead()))
            .filter(needed -> needed.isAfter(complete))
            .ifPresent(needed -> problems.add(openAgain(followed, reader, needed)));
      }
      closed.put(
          followed.id(), firstOpen(followed).map(LiveSpec.Source::slices).orElseGet(TreeMap::new));
    }
    if (!problems.isEmpty()) {
      throw TidemarkException.refused(problems);
    }
    return closed;
  }

  private static Problem neverLive(Dataset followed) {
    return Problem.of(
        NEVER_LIVE,
        "'" + followed.id() + "', which is to be followed, was never live",
        "its table holds rows, and nothing says which of its slices are closed",
        "start the live job that makes it first: tidemark live start " + followed.id());
  }

  private Problem openAgain(Dataset followed, Transform reader, Instant needed) {
    return Problem.of(
        OPEN_AGAIN,
        "'" + followed.id() + "' has not closed what '" + reader.output() + "' is to begin behind",
        "it is open from "
            + firstOpen(followed)
                .map(o -> followed.layout().slice().label(o))
                .orElse("its first slice")
            + ", and what was closed of '"
            + reader.output()
            + "' reads up to "
            + needed
            + ": it was rolled back, or --from names a later slice",
        "wait until the live job of '"
            + followed.id()
            + "' has closed that much; what was made of rows that are gone is stale, and tidemark"
            + " run makes it anew");
  }

  private Stream<Dataset> sources(DatasetId dataset) {
    return graph
        .transformOf(dataset)
        .map(t -> t.inputs().stream().flatMap(this::sources).distinct())
        .orElseGet(() -> scope.inflow().stream().filter(s -> s.id().equals(dataset)));
  }

  /**
   * From which event time each source's table is read again; empty where nothing is. What a
   * transform needs of another's closed slices it reads from that one's table.
   */
  Map<DatasetId, Optional<Instant>> history(Map<DatasetId, Optional<Long>> openFrom) {
    Map<DatasetId, Optional<Instant>> history = new HashMap<>();
    for (Dataset source : scope.inflow()) {
      Optional<Instant> first =
          tables.get(source.id()).oldest().map(o -> source.layout().slice().start(o));
      Optional<Instant> needed =
          scope.readers(source).stream()
              .map(t -> reads(t, openFrom.get(t.output())))
              .min(Instant::compareTo);
      Optional<Instant> end =
          source.topic().isPresent() ? Optional.of(Instant.MAX) : complete(source);
      history.put(
          source.id(),
          first
              .flatMap(at -> needed.map(n -> max(at, n)))
              .filter(from -> end.filter(from::isBefore).isPresent()));
    }
    return history;
  }

  private Instant reads(Transform transform, Optional<Long> openFrom) {
    return openFrom
        .map(o -> grain(transform.output()).start(o).minus(transform.window().lookback()))
        .orElse(Instant.MIN);
  }

  private static Instant max(Instant a, Instant b) {
    return a.isBefore(b) ? b : a;
  }

  private Grain grain(DatasetId dataset) {
    return graph.dataset(dataset).layout().slice();
  }

  private void throwProblems() {
    if (!problems.isEmpty()) {
      throw TidemarkException.user(problems);
    }
  }
}
