package io.tidemark;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.control.Operation;
import io.tidemark.control.Report;
import io.tidemark.control.Verified;
import io.tidemark.model.LiveStatus;
import io.tidemark.model.RunState;
import io.tidemark.testing.Fuse;
import io.tidemark.testing.KafkaBroker;
import io.tidemark.testing.Totals;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever the windows, joins and limits of a pipeline, however its events come, and wherever its
 * operators fail and its process is killed: live and corrections together make what bounded builds
 * make. Everything is drawn from the seed, which a failure names; {@code -Dtidemark.seed=N} tries
 * another one. Two seeds in a row have all kinds of transforms.
 */
@Timeout(1800)
class RandomPipelinesIT {
  @RegisterExtension static final KafkaBroker KAFKA = new KafkaBroker();

  private static final Instant FROM = Instant.parse("2026-03-01T20:00:00Z");
  private static final Instant END = Instant.parse("2026-03-05T00:00:00Z");
  private static final Duration PATIENCE = Duration.ofMinutes(10);
  private static final int HOURS = 6;
  private static final int EVENTS = 700;

  private final List<Query> queries = new ArrayList<>();

  /**
   * @param layout key, event time and slices, as pipeline.yaml has them
   * @param window lookback and lookahead, as pipeline.yaml has them
   * @param sql empty for a Java class
   */
  private record Query(String name, String layout, String window, String sql) {}

  @AfterEach
  void nothingElseFails() {
    Fuse.disarm();
  }

  private record Sent(String topic, int partition, Instant sentAt, String json) {}

  @ParameterizedTest
  @ValueSource(longs = {1})
  void liveAndCorrectionsMakeWhatBoundedBuildsMake(long given, @TempDir Path folder)
      throws Exception {
    long seed = Long.getLong("tidemark.seed", given);
    Random random = new Random(seed);
    queries.clear();
    draw(random);
    keepHalf(seed);
    String events = "events-" + seed;
    String others = "others-" + seed;
    KAFKA.createTopic(events, 3);
    KAFKA.createTopic(others, 2);
    write(folder, events, others);
    List<Sent> sent = events(random, events, others);
    int cut = sent.size() / 4 + random.nextInt(sent.size() / 2);
    Duration checkpoints = Duration.ofMillis(200 + random.nextInt(600));
    TreeSet<String> stale = new TreeSet<>();
    try (LiveProject project = new LiveProject(folder, KAFKA, checkpoints)) {
      Path names = folder.resolve("names.csv");
      Files.writeString(names, "k,name\nk0,zero\nk1,one\nk1,uno\nk3,three\n");
      project.execute(new Operation.Load("names", List.of(names), Optional.empty(), 0));
      send(sent.subList(0, cut));
      arm(random);
      project.start();
      project.await(PATIENCE, s -> s.checkpoints().last() > 0 && Fuse.isBurnt());
      project.kill();
      // A second start reads what its open slices are made from, and goes on.
      send(sent.subList(cut, sent.size()));
      arm(random);
      project.start();
      project.await(PATIENCE, s -> hasClosedAllSlices(s) && Fuse.isBurnt());
      project.stop();

      int compared = 0;
      for (Query query : queries) {
        Verified verified = project.execute(verify(query.name()));
        assertThat(verified.isClean()).as("seed %s, %s: %s", seed, query, verified).isTrue();
        Verified.Slices slices = verified.slices().orElseThrow();
        compared += (int) slices.compared().count();
        if (!slices.stale().isEmpty()) {
          stale.add(query.name());
        }
      }
      assertThat(compared).isGreaterThan(queries.size());
      assertThat(stale).as("late events reach some").isNotEmpty();

      Operation.Selection corrected = two(random, List.copyOf(stale));
      Report.RunShown run =
          project.execute(
              new Operation.StartRun(new Operation.Fresh(corrected), Operation.After.PUBLISH));

      assertThat(run.run().orElseThrow().state())
          .as("seed %s: %s", seed, run)
          .isEqualTo(RunState.PUBLISHED);
      Report.Planned next = project.execute(new Operation.MakePlan(corrected, Optional.empty()));
      assertThat(next.plan().steps()).isEmpty();
    }
  }

  /** Orders a failure inside the running job, drawn where and after how long. */
  private static void arm(Random random) {
    Fuse.Place place = Fuse.Place.values()[random.nextInt(Fuse.Place.values().length)];
    boolean often = place == Fuse.Place.ROW || place == Fuse.Place.TIMER;
    Fuse.arm(place, random.nextInt(often ? 60 : 6));
  }

  /** Every other kind, and the one that fails: all at once take minutes. */
  private void keepHalf(long seed) {
    List<Query> drawn = List.copyOf(queries);
    queries.removeIf(
        q -> !q.name().equals("running") && Math.floorMod(drawn.indexOf(q) + seed, 2) != 0);
  }

  /** Builds take as long as all the rest: that two are corrected shows how any would be. */
  private static Operation.Selection two(Random random, List<String> stale) {
    int first = random.nextInt(stale.size());
    int second = random.nextInt(stale.size());
    return new Operation.Selection(
        List.copyOf(new TreeSet<>(List.of(stale.get(first), stale.get(second)))),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  private void draw(Random random) {
    int minutes = List.of(5, 10, 15, 20, 30).get(random.nextInt(5));
    int slide = List.of(5, 10, 15).get(random.nextInt(3));
    int size = slide * (2 + random.nextInt(3));
    int step = List.of(5, 10, 15).get(random.nextInt(3));
    int gap = 2 + random.nextInt(8);
    int bound = 1 + random.nextInt(30);
    String hourly = "partition: PT1H";
    add(
        "kept",
        "key: [kafka_partition, kafka_offset]\n    event_time: at\n    " + hourly,
        "",
        "SELECT kafka_partition, kafka_offset, id, k, v * %d AS v, `at` FROM events WHERE MOD(v, %d) <> 0"
            .formatted(1 + random.nextInt(5), 2 + random.nextInt(3)));
    add(
        "tumbled",
        "key: [k, began]\n    event_time: began\n    " + hourly,
        "",
        """
        SELECT k, window_start AS began, COUNT(*) AS n, SUM(v) AS total
        FROM TUMBLE(TABLE events, DESCRIPTOR(`at`), INTERVAL '%d' MINUTE)
        GROUP BY k, window_start, window_end\
        """
            .formatted(minutes));
    add(
        "hopped",
        "key: [k, began]\n    event_time: began\n    " + hourly,
        "    lookahead: PT" + size + "M\n",
        """
        SELECT k, window_start AS began, COUNT(*) AS n, MAX(v) AS most
        FROM HOP(TABLE events, DESCRIPTOR(`at`), INTERVAL '%d' MINUTE, INTERVAL '%d' MINUTE)
        GROUP BY k, window_start, window_end\
        """
            .formatted(slide, size));
    add(
        "sessions",
        "key: [k, began]\n    event_time: began\n    " + hourly,
        "    lookback: PT12H\n    lookahead: PT12H\n",
        """
        SELECT k, window_start AS began, COUNT(*) AS n
        FROM SESSION(TABLE events PARTITION BY k, DESCRIPTOR(`at`), INTERVAL '%d' MINUTE)
        GROUP BY k, window_start, window_end\
        """
            .formatted(gap));
    add(
        "cumulated",
        "key: [k, began, ended]\n    event_time: began\n    " + hourly,
        "",
        """
        SELECT k, window_start AS began, window_end AS ended, COUNT(*) AS n, MIN(v) AS least
        FROM CUMULATE(TABLE events, DESCRIPTOR(`at`), INTERVAL '%d' MINUTE, INTERVAL '1' HOUR)
        GROUP BY k, window_start, window_end\
        """
            .formatted(step));
    add(
        "once",
        "key: [id]\n    event_time: at\n    " + hourly,
        "",
        "SELECT DISTINCT id, k, v, `at` FROM events");
    add(
        "days",
        "key: [k, day]\n    event_time: day\n    partition: P1D",
        "",
        "SELECT k, CAST(`at` AS DATE) AS `day`, COUNT(DISTINCT id) AS ids, SUM(v) AS total"
            + " FROM events GROUP BY k, CAST(`at` AS DATE)");
    add(
        "best",
        "key: [day, k, rn]\n    event_time: day\n    partition: P1D",
        "",
        """
        SELECT CAST(`at` AS DATE) AS `day`, k, id, v, rn FROM (
          SELECT *, ROW_NUMBER() OVER (PARTITION BY k, CAST(`at` AS DATE) ORDER BY v DESC, id) AS rn
          FROM events
        ) WHERE rn <= %d\
        """
            .formatted(2 + random.nextInt(4)));
    add(
        "bestInWindow",
        "key: [began, rn]\n    event_time: began\n    " + hourly,
        "",
        """
        SELECT window_start AS began, k, id, v, rn FROM (
          SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY v DESC, id) AS rn
          FROM TUMBLE(TABLE events, DESCRIPTOR(`at`), INTERVAL '%d' MINUTE)
        ) WHERE rn <= %d\
        """
            .formatted(minutes, 2 + random.nextInt(3)));
    add(
        "met",
        "key: [id, other]\n    event_time: at\n    " + hourly,
        "    lookback: PT" + bound + "M\n",
        """
        SELECT DISTINCT e.id, o.id AS other, e.`at`
        FROM events AS e JOIN others AS o
          ON e.k = o.k AND e.`at` BETWEEN o.`at` AND o.`at` + INTERVAL '%d' MINUTE\
        """
            .formatted(bound));
    add(
        "named",
        "key: [id, name]\n    event_time: at\n    " + hourly,
        "",
        "SELECT DISTINCT e.id, e.k, n.name, e.`at` FROM events AS e %s JOIN names AS n ON n.k = e.k"
            .formatted(random.nextBoolean() ? "LEFT" : ""));
    add(
        "hours",
        "key: [hour]\n    event_time: hour\n    " + hourly,
        "",
        "SELECT FLOOR(began TO HOUR) AS `hour`, SUM(n) AS n FROM tumbled GROUP BY FLOOR(began TO"
            + " HOUR)");
    add(
        "running",
        """
        schema:
              kafka_partition: INT NOT NULL
              kafka_offset: BIGINT NOT NULL
              id: BIGINT NOT NULL
              k: STRING NOT NULL
              at: TIMESTAMP(3) NOT NULL
              total: BIGINT NOT NULL
            key: [kafka_partition, kafka_offset]
            event_time: at
            partition: PT1H\
        """,
        "",
        "");
  }

  private void add(String name, String layout, String window, String sql) {
    queries.add(new Query(name, layout, window, sql));
  }

  private void write(Path folder, String events, String others) throws IOException {
    Path jobs = Files.createDirectories(folder.resolve("jobs/random"));
    StringBuilder yaml = new StringBuilder("name: random\ndatasets:\n");
    yaml.append(source("events", events, "      v: BIGINT NOT NULL\n"));
    yaml.append(source("others", others, ""));
    yaml.append("  names:\n    table: r.names\n    kind: reference\n    schema:\n")
        .append("      k: STRING NOT NULL\n      name: STRING NOT NULL\n    key: [k, name]\n");
    StringBuilder transforms = new StringBuilder("transforms:\n");
    for (Query query : queries) {
      yaml.append(
              "  %s:\n    table: r.%s\n    kind: derived\n    "
                  .formatted(query.name(), query.name()))
          .append(query.layout())
          .append('\n');
      transforms.append("  %s:\n".formatted(query.name()));
      if (query.sql().isEmpty()) {
        transforms
            .append("    class: %s\n".formatted(Totals.OfHours.class.getName()))
            .append("    classpath: [jobs/random/classes]\n    inputs: [events]\n");
      } else {
        transforms.append("    sql: %s.sql\n".formatted(query.name()));
        Files.writeString(jobs.resolve(query.name() + ".sql"), query.sql() + "\n");
      }
      transforms.append(query.window());
    }
    Totals.copyTo(jobs.resolve("classes"));
    Files.writeString(jobs.resolve("pipeline.yaml"), yaml.toString() + transforms);
  }

  private static String source(String name, String topic, String more) {
    return String.join(
        "\n",
        "  " + name + ":",
        "    table: r." + name,
        "    kind: source",
        "    schema:",
        "      id: BIGINT NOT NULL",
        "      k: STRING NOT NULL",
        more + "      at: TIMESTAMP(3) NOT NULL",
        "    event_time: at",
        "    partition: PT1H",
        "    topic: {name: " + topic + ", out_of_orderness: PT4M, idle_after: PT2S, ahead: P9999D}",
        "");
  }

  private static List<Sent> events(Random random, String events, String others) {
    List<Sent> sent = new ArrayList<>();
    long span = Duration.ofHours(HOURS).toMillis();
    for (int i = 0; i < EVENTS; i++) {
      boolean other = random.nextInt(6) == 0;
      Instant at = FROM.plusMillis(span * i / EVENTS + random.nextInt(5000));
      Instant when = at;
      int kind = random.nextInt(100);
      if (kind < 2) {
        when = at.plusSeconds(random.nextInt(4 * 3600));
      } else if (kind < 30) {
        when = at.plusSeconds(random.nextInt(200));
      }
      String topic = other ? others : events;
      // Some keys have most of the events, and one partition most of the keys.
      String json =
          json(i, "k" + Math.min(random.nextInt(5), random.nextInt(5)), at, other, random);
      int partition = random.nextBoolean() ? 0 : random.nextInt(other ? 2 : 3);
      sent.add(new Sent(topic, partition, when, json));
      if (random.nextInt(40) == 0) {
        sent.add(new Sent(topic, partition, when.plusMillis(random.nextInt(1000)), json));
      }
    }
    sent.sort(Comparator.comparing(Sent::sentAt));
    for (boolean other : List.of(false, true)) {
      sent.add(
          new Sent(other ? others : events, 0, END, json(9_999_999, "k0", END, other, random)));
    }
    return sent;
  }

  private static String json(long id, String k, Instant at, boolean other, Random random) {
    return "{\"id\":%d,\"k\":\"%s\",%s\"at\":\"%s\"}"
        .formatted(
            id,
            k,
            other ? "" : "\"v\":" + random.nextInt(1000) + ",",
            at.toString().replace("Z", "").replace("T", " "));
  }

  private static void send(List<Sent> some) {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (Sent s : some) {
      records.add(
          new ProducerRecord<>(
              s.topic(),
              s.partition(),
              s.sentAt().toEpochMilli(),
              null,
              s.json().getBytes(StandardCharsets.UTF_8)));
    }
    KAFKA.send(records);
  }

  private boolean hasClosedAllSlices(LiveStatus status) {
    return status.tasks().size() == queries.size()
        && status.tasks().stream()
            .allMatch(t -> t.openFrom().filter(o -> o.compareTo("2026-03-03") >= 0).isPresent());
  }

  private static Operation.Verify verify(String dataset) {
    return new Operation.Verify(dataset, Optional.empty());
  }
}
