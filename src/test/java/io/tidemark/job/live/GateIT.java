package io.tidemark.job.live;

import static io.tidemark.testing.JobBed.at;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.job.append.LiveReport;
import io.tidemark.job.slice.SliceReport;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Grain;
import io.tidemark.model.LiveSpec;
import io.tidemark.testing.KafkaBroker;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.Collector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The gate behind real topics, watched from behind. */
class GateIT {
  @RegisterExtension static final KafkaBroker KAFKA = new KafkaBroker();

  private static final Map<String, Seen> SEEN = new ConcurrentHashMap<>();
  private static final Instant START = at("2026-03-01T00:00:00Z");

  @TempDir Path dir;

  /** What came out of one job's gates. */
  private static final class Seen {
    private final ConcurrentLinkedQueue<LiveReport.Gated> reports = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<Long> late = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();
    private volatile boolean fail;

    long openFrom() {
      return reports.stream().flatMap(r -> r.openFrom().stream()).mapToLong(r -> r).max().orElse(0);
    }

    long taken() {
      return reports.stream().mapToLong(LiveReport.Gated::taken).sum();
    }
  }

  /** A row that is given on must be behind the watermark of those that it is given to. */
  private static final class Watch extends ProcessFunction<RowData, RowData> {
    private static final long serialVersionUID = 1;
    private final String job;
    private final SourceRows rows;

    Watch(String job, SourceRows rows) {
      this.job = job;
      this.rows = rows;
    }

    @Override
    public void processElement(RowData row, Context context, Collector<RowData> out) {
      long millis = Math.floorDiv(rows.time().micros(row), 1000L);
      long watermark = context.timerService().currentWatermark();
      if (millis <= watermark) {
        SEEN.get(job).wrong.add(millis + " after watermark " + watermark);
      }
      if (SEEN.get(job).fail) {
        SEEN.get(job).fail = false;
        throw new IllegalStateException("thrown on purpose");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void allSubtasksCloseTheSameSlicesAtTheSameCheckpoint(int parallelism) throws Exception {
    try (LiveBed live = new LiveBed(dir, KAFKA)) {
      String name = "gated" + parallelism;
      Dataset source = live.source(name, 4, "at", "id BIGINT NOT NULL", "at TIMESTAMP(3) NOT NULL");
      SEEN.put(name, new Seen());
      Seen seen = SEEN.get(name);
      JobClient job = start(live, source, parallelism);

      // The last partition stays silent: nobody waits for it for ever.
      for (int i = 0; i < 300; i++) {
        live.send(source, i % 3, START, event(i, START.plusSeconds(60L * i)));
      }
      long four = Grain.HOUR.ordinal(START) + 4;
      live.until(job, () -> seen.openFrom() == four && seen.taken() + seen.late.size() == 300);
      assertThat(seen.late).isEmpty();

      // One second before the first open slice, and its first millisecond.
      live.send(source, 1, START, event(1000, START.plusSeconds(4 * 3600 - 1)));
      live.send(source, 1, START, event(1001, START.plusSeconds(4 * 3600)));
      live.until(job, () -> seen.late.size() == 1 && seen.taken() == 301);

      seen.fail = true;
      live.send(source, 2, START, event(1002, START.plusSeconds(5 * 3600)));
      live.until(job, () -> !seen.fail);
      // Late, though all that is read again after the failure would not make it so.
      live.send(source, 0, START, event(1003, START.plusSeconds(4 * 3600 - 1)));
      live.until(job, () -> seen.late.size() >= 2);
      live.stop(job);

      assertThat(seen.wrong).isEmpty();
      Map<Long, List<LiveReport.Gated>> attempts =
          seen.reports.stream().collect(Collectors.groupingBy(LiveReport.Gated::checkpoint));
      attempts.forEach(
          (checkpoint, reports) ->
              assertThat(reports.stream().map(LiveReport.Gated::openFrom).distinct())
                  .as("checkpoint " + checkpoint)
                  .hasSize(1));
      long before = 0;
      for (List<LiveReport.Gated> reports : new TreeMap<>(attempts).values()) {
        long open = reports.get(0).openFrom().orElse(0L);
        assertThat(open).isGreaterThanOrEqualTo(before);
        before = open;
      }
      assertThat(attempts.values()).anyMatch(reports -> reports.size() == parallelism);
    }
  }

  @Test
  void withMoreSubtasksThanPartitionsNobodyWaitsForThoseThatHaveNone() throws Exception {
    try (LiveBed live = new LiveBed(dir, KAFKA)) {
      Dataset source =
          live.source(
              "few", 2, "at", Duration.ZERO, "id BIGINT NOT NULL", "at TIMESTAMP(3) NOT NULL");
      SEEN.put("few", new Seen());
      Seen seen = SEEN.get("few");
      JobClient job = start(live, source, 3);
      for (int i = 0; i < 200; i++) {
        live.send(source, i % 2, START, event(i, START.plusSeconds(60L * i)));
      }
      long three = Grain.HOUR.ordinal(START) + 3;
      live.until(job, () -> seen.openFrom() == three && seen.taken() == 200);
      live.stop(job);
      assertThat(seen.late).isEmpty();
      assertThat(seen.wrong).isEmpty();
    }
  }

  private static String event(long id, Instant at) {
    return "{\"id\":%d,\"at\":\"%s\"}".formatted(id, at.toString().replace("Z", ""));
  }

  private static JobClient start(LiveBed live, Dataset dataset, int parallelism) throws Exception {
    LiveSpec.Source source = live.ingest(dataset);
    LiveSpec spec = live.spec(List.of(source), List.of());
    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.createLocalEnvironment(parallelism, new Configuration());
    LiveSettings.apply(spec, env);
    SourceRows rows = SourceRows.of(dataset, live.bed().fixture().table(dataset.table()));
    TopicSource topic = TopicSource.of(env, spec, source, rows, 0);
    Gated gated =
        Gated.behindGate(
            topic.rows(),
            topic.pulses().broadcast(),
            DatasetId.of("task"),
            dataset.id(),
            SliceClock.ofTopics(Grain.HOUR, 0, 0, Long.MIN_VALUE, new ArrayList<>()),
            rows,
            1);
    String name = dataset.id().value();
    gated
        .rows()
        .process(new Watch(name, rows))
        .returns(gated.rows().getType())
        .sinkTo(new DiscardingSink<>());
    gated
        .reports()
        .map(
            bytes -> {
              SEEN.get(name).reports.add((LiveReport.Gated) LiveReport.decode(bytes));
              return bytes;
            })
        .returns(SliceReport.TYPE)
        .sinkTo(new DiscardingSink<>());
    DataStream<RowData> late = gated.late().orElseThrow();
    late.map(
            row -> {
              long at = row.getTimestamp(5, 6).getMillisecond();
              long until = row.getTimestamp(6, 6).getMillisecond();
              SEEN.get(name).late.add(at);
              if (at >= until) {
                SEEN.get(name).wrong.add(at + " is late though closed until " + until);
              }
              return row;
            })
        .returns(late.getType())
        .sinkTo(new DiscardingSink<>());
    JobClient job = env.executeAsync(name);
    return live.started(job);
  }
}
