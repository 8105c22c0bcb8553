package io.tidemark;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.control.Operation;
import io.tidemark.control.Report;
import io.tidemark.control.Verified;
import io.tidemark.model.Grain;
import io.tidemark.model.LiveStatus;
import io.tidemark.model.Plan;
import io.tidemark.model.Plan.ChangeKind;
import io.tidemark.model.SliceSet;
import io.tidemark.model.TableRef;
import io.tidemark.testing.Fuse;
import io.tidemark.testing.KafkaBroker;
import io.tidemark.testing.Totals;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * State that lives long is made from history at every start: totals per key by a Java class and by
 * a query, of events that were loaded for bounded runs and of those that a topic brings. After a
 * stop, a kill and failures each event is in each total once.
 */
@Timeout(1200)
class RunningTotalsIT {
  @RegisterExtension static final KafkaBroker KAFKA = new KafkaBroker();

  private static final LocalDateTime FROM = LocalDateTime.parse("2026-01-01T00:00:00");

  /** The day with which the live job begins; events of its first half are loaded. */
  private static final int FIRST = 20;

  private static final int LAST = FIRST + 6;

  private static final String PIPELINE =
      """
      name: totals
      datasets:
        events:
          table: t.events
          kind: source
          schema:
            id: BIGINT NOT NULL
            k: STRING NOT NULL
            v: BIGINT NOT NULL
            at: TIMESTAMP(3) NOT NULL
          event_time: at
          partition: P1D
          topic: {name: totals, out_of_orderness: PT10M, idle_after: PT2S, ahead: P9999D}
        ever:
          table: t.ever
          kind: derived
          schema:
            kafka_partition: INT
            kafka_offset: BIGINT
            id: BIGINT NOT NULL
            k: STRING NOT NULL
            at: TIMESTAMP(3) NOT NULL
            total: BIGINT NOT NULL
          key: [id]
          event_time: at
          partition: P1D
        by_time:
          table: t.by_time
          kind: derived
          key: [id]
          event_time: at
          partition: P1D
      transforms:
        ever:
          class: io.tidemark.testing.Totals$OfAll
          classpath: [jobs/totals/classes]
          inputs: [events]
          lookback: P3650D
        by_time:
          sql: by_time.sql
          lookback: P3650D
      """;

  private static final String BY_TIME =
      """
      SELECT id, k, `at`,
        SUM(v) OVER (
          PARTITION BY k ORDER BY `at` RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS total
      FROM events
      """;

  private record Event(long id, String k, long v, LocalDateTime at) {
    String csv() {
      return id + "," + k + "," + v + "," + text();
    }

    String json() {
      return "{\"id\":%d,\"k\":\"%s\",\"v\":%d,\"at\":\"%s\"}".formatted(id, k, v, text());
    }

    private String text() {
      return at.toString().replace("T", " ");
    }
  }

  private final Random random = new Random(7);
  private final List<Event> all = new ArrayList<>();

  @AfterEach
  void nothingElseFails() {
    Fuse.disarm();
  }

  @Test
  void totalsGoOnFromHistoryThroughAStopAKillAndAFailure(@TempDir Path folder) throws Exception {
    write(folder);
    KAFKA.createTopic("totals", 3);
    List<Event> history = events(FIRST * 24 + 12, 0, 400);
    try (LiveProject project = new LiveProject(folder, KAFKA, Duration.ofMillis(700))) {
      load(project, folder, history);

      send(events(24, FIRST * 24 + 12, 120));
      project.start();
      project.await(Duration.ofMinutes(5), this::hasReadAll);
      project.stop();

      send(events(24, FIRST * 24 + 36, 120));
      Fuse.arm(Fuse.Place.TIMER, 30);
      project.start();
      project.await(Duration.ofMinutes(5), s -> hasReadAll(s) && Fuse.isBurnt());
      send(events(12, FIRST * 24 + 60, 60));
      project.kill();

      send(events(48, FIRST * 24 + 72, 120));
      Fuse.arm(Fuse.Place.CHECKPOINT, 8);
      project.start();
      send(List.of(new Event(-1, "end", 1, day(LAST).plusHours(1))));
      project.await(
          Duration.ofMinutes(5),
          s ->
              Fuse.isBurnt()
                  && s.tasks().size() == 2
                  && s.tasks().stream()
                      .allMatch(
                          t ->
                              t.openFrom()
                                  .filter(o -> o.compareTo(day(LAST).toLocalDate().toString()) >= 0)
                                  .isPresent()));
      project.stop();

      assertTotals(project);
      Verified verified = project.execute(new Operation.Verify("events", Optional.empty()));
      assertThat(verified.isClean()).as("%s", verified).isTrue();
      Report.Planned plan =
          project.execute(new Operation.MakePlan(Operation.Selection.ALL, Optional.empty()));
      long live = Grain.DAY.ordinal(day(FIRST).toInstant(ZoneOffset.UTC));
      // When the end of the history ends tasks, Flink may give a checkpoint up.
      SliceSet givenUp =
          plan.plan().impacts().stream()
              .flatMap(i -> i.reasons().stream())
              .filter(r -> r.kind() == ChangeKind.DOUBT && r.detail().contains("given up"))
              .map(Plan.Reason::slices)
              .reduce(SliceSet.empty(Grain.DAY), SliceSet::union);
      assertThat(plan.plan().impacts())
          .as("only what was before the live job is left to runs")
          .hasSize(2)
          .allSatisfy(
              i -> assertThat(i.stale().minus(givenUp).ordinals().boxed()).allMatch(o -> o < live));
    }
  }

  private void write(Path folder) throws IOException {
    Path jobs = Files.createDirectories(folder.resolve("jobs/totals"));
    Files.writeString(jobs.resolve("pipeline.yaml"), PIPELINE);
    Files.writeString(jobs.resolve("by_time.sql"), BY_TIME);
    Totals.copyTo(jobs.resolve("classes"));
  }

  private static LocalDateTime day(int day) {
    return FROM.plusDays(day);
  }

  /** Events over some hours, the next up to ten minutes before the last. */
  private List<Event> events(int hours, int after, int count) {
    List<Event> events = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      LocalDateTime at =
          FROM.plusHours(after)
              .plusSeconds(3600L * hours * i / count)
              .plusSeconds(random.nextInt(500));
      events.add(
          new Event((long) all.size() + i, "k" + random.nextInt(4), random.nextInt(1000), at));
    }
    all.addAll(events);
    return events;
  }

  private static void load(LiveProject project, Path folder, List<Event> history)
      throws IOException {
    Path csv = folder.resolve("history.csv");
    Files.write(
        csv, Stream.concat(Stream.of("id,k,v,at"), history.stream().map(Event::csv)).toList());
    project.execute(new Operation.Load("events", List.of(csv), Optional.empty(), 0));
  }

  private static void send(List<Event> events) {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (Event e : events) {
      records.add(
          new ProducerRecord<>(
              "totals",
              (int) Math.floorMod(e.id(), 3L),
              e.at().toInstant(ZoneOffset.UTC).toEpochMilli(),
              null,
              e.json().getBytes(StandardCharsets.UTF_8)));
    }
    KAFKA.send(records);
  }

  private boolean hasReadAll(LiveStatus status) {
    return status.checkpoints().last() > 0
        && status.sources().stream().allMatch(s -> s.lag().events().orElse(1L) == 0);
  }

  /** As plain arithmetic has them. */
  private void assertTotals(LiveProject project) {
    List<Event> sorted = new ArrayList<>(all);
    sorted.sort(Comparator.comparing(Event::at).thenComparing(Event::id));
    Map<String, Long> sums = new TreeMap<>();
    Map<Long, Long> ever = new TreeMap<>();
    Map<Long, Long> byTime = new TreeMap<>();
    for (Event e : sorted) {
      long sum = sums.merge(e.k(), e.v(), Long::sum);
      if (!e.at().isBefore(day(FIRST))) {
        ever.put(e.id(), sum);
        byTime.put(
            e.id(),
            sorted.stream()
                .filter(o -> o.k().equals(e.k()) && !o.at().isAfter(e.at()))
                .mapToLong(Event::v)
                .sum());
      }
    }
    assertThat(totals(project, "ever", 2, 5)).isEqualTo(ever);
    assertThat(totals(project, "by_time", 0, 3)).isEqualTo(byTime);
  }

  private static Map<Long, Long> totals(LiveProject project, String table, int id, int total) {
    Map<Long, Long> totals = new TreeMap<>();
    for (List<Object> row : project.rows(new TableRef("t", table))) {
      if ((Long) row.get(id) >= 0) {
        assertThat(totals.put((Long) row.get(id), (Long) row.get(total)))
            .as("%s has %s once", table, row)
            .isNull();
      }
    }
    return totals;
  }
}
