package io.tidemark.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tidemark.live.Orders.Found;
import io.tidemark.live.topics.Topics.Extent;
import io.tidemark.live.topics.Topics.Partition;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Grain;
import io.tidemark.model.Graph;
import io.tidemark.model.LiveMark;
import io.tidemark.model.Problem;
import io.tidemark.model.SliceSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.Topic;
import io.tidemark.model.Transform;
import io.tidemark.testing.Shop;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class OrdersTest {
  private static final Found EMPTY = new Found(Optional.empty(), 0, SliceSet.empty(Grain.DAY));

  private final Map<DatasetId, Found> tables = new HashMap<>();
  private Graph graph = live(Shop.graph("amount >= 0"));

  OrdersTest() {
    tables.put(Shop.SALES, EMPTY);
    tables.put(Shop.CLEAN, EMPTY);
    tables.put(Shop.TOTALS, new Found(Optional.empty(), 0, SliceSet.empty(Grain.MONTH)));
  }

  private static Graph live(Graph plain) {
    List<Dataset> datasets =
        plain.datasets().stream()
            .map(
                d ->
                    d.kind() == Dataset.Kind.SOURCE
                        ? new Dataset(
                            d.id(),
                            d.kind(),
                            d.table(),
                            d.schema(),
                            d.key(),
                            d.layout(),
                            d.governance(),
                            Optional.of(
                                new Topic(
                                    "sales.v1",
                                    Topic.Format.JSON,
                                    Duration.ZERO,
                                    Duration.ZERO,
                                    Duration.ofDays(1))))
                        : d)
            .toList();
    return new Graph(plain.name(), datasets, plain.transforms(), plain.changes(), plain.revision());
  }

  private static LiveMark mark(long epoch, Optional<Long> openFrom, Map<Integer, Long> offsets) {
    TreeMap<Integer, LiveMark.Range> ranges = new TreeMap<>();
    offsets.forEach((p, to) -> ranges.put(p, new LiveMark.Range(0, to, to, 0)));
    return new LiveMark(
        "job",
        epoch,
        9,
        LiveMark.Phase.RUNNING,
        openFrom,
        new TreeMap<>(Map.of(Shop.SALES, new LiveMark.Ranges(ranges))),
        LiveMark.Counts.NONE,
        List.of());
  }

  private static long day(String label) {
    return Grain.DAY.parseLabel(label).ordinals().findFirst().orElseThrow();
  }

  private static Found sales(Optional<LiveMark> mark, String days) {
    return new Found(mark, 77, SliceSet.parse(Grain.DAY, days));
  }

  private Orders orders() {
    return new Orders(graph, LiveScope.of(graph, List.of()), tables);
  }

  private static Optional<Extent> topic(long begin, long end) {
    return Optional.of(
        new Extent(
            Optional.of("id-1"),
            new TreeMap<>(Map.of(0, new Partition(begin, end, Optional.empty())))));
  }

  private List<Problem> problems(Optional<Extent> topic) {
    return catchThrowableOfType(
            TidemarkException.class, () -> orders().offsets(Map.of(Shop.SALES, topic), List.of()))
        .problems();
  }

  @Test
  void aFirstStartOfEmptyTablesOwnsAllSlicesAndReadsNoHistory() {
    Map<DatasetId, Optional<Long>> open = orders().openFrom(Optional.empty());

    assertThat(open.values()).containsOnly(Optional.empty());
    assertThat(orders().history(open)).containsOnly(Map.entry(Shop.SALES, Optional.empty()));
    assertThat(orders().epoch()).isEqualTo(1);
    assertThat(orders().offsets(Map.of(Shop.SALES, topic(0, 5)), List.of()).get(Shop.SALES))
        .isEmpty();
  }

  @Test
  void aFirstStartOverLoadedRowsBeginsAtTheSliceOfTheNewest() {
    tables.put(Shop.SALES, sales(Optional.empty(), "2001-01-05,2001-03-07"));

    Map<DatasetId, Optional<Long>> open = orders().openFrom(Optional.empty());

    assertThat(open.get(Shop.CLEAN)).contains(day("2001-03-07"));
    assertThat(open.get(Shop.TOTALS)).contains(Grain.MONTH.ordinal(at("2001-03-01")));
    assertThat(orders().history(open).get(Shop.SALES)).contains(at("2001-03-07"));
  }

  private static Instant at(String day) {
    return Instant.parse(day + "T00:00:00Z");
  }

  @Test
  void aLaterStartGoesOnWhereTheMarksStand() {
    tables.put(
        Shop.SALES,
        sales(Optional.of(mark(3, Optional.empty(), Map.of(0, 40L))), "2001-03-01..2001-03-09"));
    tables.put(
        Shop.CLEAN,
        new Found(
            Optional.of(mark(4, Optional.of(day("2001-03-08")), Map.of())),
            78,
            SliceSet.empty(Grain.DAY)));

    Map<DatasetId, Optional<Long>> open = orders().openFrom(Optional.empty());

    assertThat(orders().epoch()).isEqualTo(5);
    assertThat(open.get(Shop.CLEAN)).contains(day("2001-03-08"));
    assertThat(orders().history(open).get(Shop.SALES)).contains(at("2001-03-08"));
    assertThat(orders().offsets(Map.of(Shop.SALES, topic(40, 40)), List.of()).get(Shop.SALES))
        .containsExactly(Map.entry(0, 40L));
  }

  @Test
  void aJobThatClosedNothingYetReadsAllThatItsSourceHolds() {
    tables.put(
        Shop.SALES,
        sales(Optional.of(mark(1, Optional.empty(), Map.of(0, 4L))), "2001-03-01..2001-03-09"));
    tables.put(
        Shop.CLEAN,
        new Found(Optional.of(mark(1, Optional.empty(), Map.of())), 78, SliceSet.empty(Grain.DAY)));

    Map<DatasetId, Optional<Long>> open = orders().openFrom(Optional.empty());

    assertThat(open.get(Shop.CLEAN)).isEmpty();
    assertThat(orders().history(open).get(Shop.SALES)).contains(at("2001-03-01"));
  }

  @Test
  void aTransformIsGivenWhatItLooksBackAt() {
    List<Transform> wider =
        graph.transforms().stream()
            .map(
                t ->
                    new Transform(
                        t.output(),
                        t.logic(),
                        t.inputs(),
                        new Transform.Window(Duration.ofDays(2), Duration.ZERO),
                        t.label(),
                        t.analysis(),
                        t.where()))
            .toList();
    graph = new Graph(graph.name(), graph.datasets(), wider, List.of(), graph.revision());
    tables.put(Shop.SALES, sales(Optional.empty(), "2001-01-05..2001-03-07"));

    Map<DatasetId, Optional<Long>> open = orders().openFrom(Optional.of("2001-03-04"));

    assertThat(open.get(Shop.CLEAN)).contains(day("2001-03-04"));
    assertThat(orders().history(open).get(Shop.SALES)).contains(at("2001-03-02"));
  }

  @Test
  void offsetsThatAreGoneAreNeverJumpedOver() {
    tables.put(
        Shop.SALES, sales(Optional.of(mark(1, Optional.empty(), Map.of(0, 40L))), "2001-03-01"));

    assertThat(problems(Optional.empty()))
        .extracting(Problem::what)
        .containsExactly("topic 'sales.v1' of source 'sales' does not exist");
    assertThat(problems(topic(41, 90)))
        .extracting(Problem::what)
        .containsExactly("partition 0 of topic 'sales.v1' begins at offset 41, behind 40");
    assertThat(problems(topic(0, 39)))
        .extracting(Problem::what)
        .containsExactly("partition 0 of topic 'sales.v1' ends at offset 39, before 40");
    assertThat(problems(Optional.of(new Extent(Optional.empty(), new TreeMap<>()))))
        .extracting(Problem::what)
        .containsExactly("partition 0 of topic 'sales.v1' is gone");
  }

  @Test
  void whatExpiredUnreadIsPassedOverWhereSomebodySaidSoAndNowhereElse() {
    tables.put(
        Shop.SALES, sales(Optional.of(mark(1, Optional.empty(), Map.of(0, 40L))), "2001-03-01"));
    List<String> accepted = List.of("sales.v1/0");

    assertThat(orders().offsets(Map.of(Shop.SALES, topic(47, 90)), accepted).get(Shop.SALES))
        .containsExactly(Map.entry(0, 47L));
    assertThat(
            catchThrowableOfType(
                    TidemarkException.class,
                    () -> orders().offsets(Map.of(Shop.SALES, topic(40, 90)), accepted))
                .problems())
        .extracting(Problem::code)
        .containsExactly("TM-LIVE-123");
    assertThat(
            catchThrowableOfType(
                    TidemarkException.class,
                    () ->
                        orders().offsets(Map.of(Shop.SALES, topic(47, 90)), List.of("sales.v1/1")))
                .problems())
        .extracting(Problem::code)
        .containsExactly("TM-LIVE-113", "TM-LIVE-123");
  }

  @Test
  void aTableWithRecordsOfItsTopicAndNoMarkIsNotReadFromTheBeginning() {
    tables.put(
        Shop.SALES, new Found(Optional.empty(), 77, SliceSet.parse(Grain.DAY, "2001-03-09"), true));

    assertThat(problems(topic(0, 90)))
        .extracting(Problem::what)
        .containsExactly("up to where topic 'sales.v1' was read is not known any more");
  }

  @Test
  void anotherTopicOfTheSameNameIsToldByItsIdWhateverOffsetsItHas() {
    LiveMark known = mark(3, Optional.empty(), Map.of(0, 40L));
    tables.put(Shop.SALES, sales(Optional.of(of(known, "id-2")), "2001-03-01..2001-03-09"));

    assertThat(problems(topic(0, 90)))
        .extracting(Problem::what)
        .containsExactly("topic 'sales.v1' is not the one that was read before");
    tables.put(Shop.SALES, sales(Optional.of(of(known, "id-1")), "2001-03-01..2001-03-09"));
    assertThat(orders().offsets(Map.of(Shop.SALES, topic(0, 90)), List.of()).get(Shop.SALES))
        .containsExactly(Map.entry(0, 40L));
  }

  private static LiveMark of(LiveMark mark, String topicId) {
    TreeMap<DatasetId, LiveMark.Ranges> ranges = new TreeMap<>();
    mark.ranges()
        .forEach(
            (source, r) ->
                ranges.put(source, new LiveMark.Ranges(Optional.of(topicId), r.partitions())));
    return new LiveMark(
        mark.job(),
        mark.epoch(),
        mark.checkpoint(),
        mark.phase(),
        mark.openFrom(),
        ranges,
        mark.counts(),
        mark.doubts());
  }

  @Test
  void onlyWhatTopicsReachRunsLiveAndTheRestIsNamedAllAtOnce() {
    LiveScope all = LiveScope.of(graph, List.of());
    assertThat(all.transforms())
        .extracting(Transform::output)
        .containsExactly(Shop.CLEAN, Shop.TOTALS);
    assertThat(LiveScope.of(graph, List.of(Shop.TOTALS)).transforms()).hasSize(2);
    assertThat(LiveScope.of(graph, List.of(Shop.SALES)).transforms()).isEmpty();
    assertThat(LiveScope.of(graph, List.of(Shop.SALES)).sources()).hasSize(1);

    Graph plain = Shop.graph("amount >= 0");
    assertThat(LiveScope.of(plain, List.of()).problems())
        .extracting(Problem::what)
        .containsExactly("nothing of pipeline 'shop' can run live");
    assertThat(LiveScope.of(plain, List.of(Shop.SALES, Shop.TOTALS)).problems())
        .extracting(Problem::what)
        .containsExactlyInAnyOrder(
            "dataset 'sales' cannot run live", "dataset 'totals' cannot run live");
  }

  /** The part of the pipeline that makes totals of what another job closes of clean. */
  private void follow() {
    Transform totals = graph.transformOf(Shop.TOTALS).orElseThrow();
    Transform following =
        new Transform(
            totals.output(),
            totals.logic(),
            totals.inputs(),
            totals.window(),
            totals.label(),
            totals.analysis(),
            totals.where(),
            Optional.of(new Transform.Following(List.of(Shop.CLEAN))));
    graph =
        new Graph(
            "shop.totals",
            List.of(graph.dataset(Shop.CLEAN), graph.dataset(Shop.TOTALS)),
            List.of(following),
            List.of(),
            graph.revision());
    tables.remove(Shop.SALES);
  }

  private void clean(Optional<LiveMark> mark, String days) {
    tables.put(Shop.CLEAN, new Found(mark, 88, SliceSet.parse(Grain.DAY, days)));
  }

  private void totals(Optional<LiveMark> mark) {
    tables.put(Shop.TOTALS, new Found(mark, 99, SliceSet.empty(Grain.MONTH)));
  }

  private static long month(String label) {
    return Grain.MONTH.ordinal(at(label));
  }

  @Test
  void whoFollowsReadsWhatIsClosedAsHistoryAndGoesOnWithWhatClosesNext() {
    follow();
    clean(Optional.of(mark(7, Optional.of(day("2001-03-08")), Map.of())), "2001-01-05..2001-03-09");
    totals(Optional.of(mark(2, Optional.of(month("2001-03-01")), Map.of())));

    Map<DatasetId, Optional<Long>> open = orders().openFrom(Optional.empty());

    assertThat(open).containsExactly(Map.entry(Shop.TOTALS, Optional.of(month("2001-03-01"))));
    assertThat(orders().closed(open).get(Shop.CLEAN))
        .containsExactly(Map.entry(0, day("2001-03-08")));
    assertThat(orders().history(open).get(Shop.CLEAN)).contains(at("2001-03-01"));
    assertThat(orders().epoch()).as("the starts of the other job do not count").isEqualTo(3);
  }

  @Test
  void whoFollowsForTheFirstTimeBeginsWithTheSliceThatIsOpenThere() {
    follow();
    clean(Optional.of(mark(7, Optional.of(day("2001-03-01")), Map.of())), "2001-01-05..2001-03-09");

    Map<DatasetId, Optional<Long>> open = orders().openFrom(Optional.empty());

    assertThat(open.get(Shop.TOTALS)).contains(month("2001-03-01"));
    assertThat(orders().history(open).get(Shop.CLEAN))
        .as("nothing of the first open slice is closed")
        .isEmpty();

    clean(Optional.empty(), "");
    open = orders().openFrom(Optional.empty());
    assertThat(open.get(Shop.TOTALS)).isEmpty();
    assertThat(orders().closed(open).get(Shop.CLEAN)).isEmpty();
  }

  @Test
  void whatWasNeverLiveOrHasOpenedAgainCannotBeFollowed() {
    follow();
    clean(Optional.empty(), "2001-03-01");
    assertThat(refusal(orders().openFrom(Optional.empty())).code()).isEqualTo("TM-LIVE-124");

    clean(Optional.of(mark(7, Optional.of(day("2001-02-20")), Map.of())), "2001-01-05..2001-03-09");
    totals(Optional.of(mark(2, Optional.of(month("2001-03-01")), Map.of())));
    Problem again = refusal(orders().openFrom(Optional.empty()));
    assertThat(again.code()).isEqualTo("TM-LIVE-125");
    assertThat(again.why()).startsWith("it is open from 2001-02-20");

    totals(Optional.empty());
    assertThat(refusal(orders().openFrom(Optional.of("2001-04"))).code()).isEqualTo("TM-LIVE-125");
  }

  private Problem refusal(Map<DatasetId, Optional<Long>> open) {
    List<Problem> problems =
        catchThrowableOfType(TidemarkException.class, () -> orders().closed(open)).problems();
    assertThat(problems).hasSize(1);
    return problems.get(0);
  }
}
