package io.tidemark.job.append;

import static io.tidemark.job.append.LiveScene.START;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tidemark.job.slice.Rows;
import io.tidemark.job.slice.SliceMeter;
import io.tidemark.job.slice.SliceTotals;
import io.tidemark.model.Grain;
import io.tidemark.model.LiveMark;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Stamp;
import io.tidemark.model.StampSummary;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import io.tidemark.testing.FaultyCatalog;
import io.tidemark.testing.FaultyCatalog.Fault;
import io.tidemark.testing.LakeFixture;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.api.common.JobExecutionResult;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.FlatMapFunction;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.connector.datagen.source.GeneratorFunction;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.types.RowKind;
import org.apache.iceberg.SerializableTable;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.flink.FlinkSchemaUtil;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The sink under a running job that is killed around its commits and between them. */
final class LiveSinkIT {
  private static final int EVENTS = 1600;

  /**
   * Rows of a source that does not end, as none of a live job does: those after EVENTS are none.
   */
  private static final long ENDLESS = 1L << 40;

  private static final long NONE = -1;

  private static final AtomicInteger POISON = new AtomicInteger();

  /** The events that a job has read, however often. */
  private static final Set<Long> READ = ConcurrentHashMap.newKeySet();

  @TempDir Path dir;
  private LiveScene scene;
  private TableRef events;
  private TableRef hours;
  private Rows rows;

  @BeforeEach
  void open() {
    scene = new LiveScene(dir);
    events = scene.events().table();
    hours = scene.hours().table();
    RowType type = FlinkSchemaUtil.convert(scene.fixture().table(hours).schema());
    rows = new Rows(type, Optional.of("at"), 0);
    POISON.set(0);
  }

  @AfterEach
  void close() {
    scene.close();
  }

  /** Two readers with a half each go through the same hours. */
  private static RowData event(long i) {
    long row = i % (ENDLESS / 2);
    long id = i / (ENDLESS / 2) * (EVENTS / 2) + row;
    return row < EVENTS / 2
        ? row(RowKind.INSERT, id, time(id))
        : row(RowKind.INSERT, NONE, time(EVENTS - 1));
  }

  private static Instant time(long i) {
    return START.plusSeconds(i % (EVENTS / 2) * 60);
  }

  private static RowData row(RowKind kind, long id, Instant at) {
    GenericRowData row =
        GenericRowData.of(
            id, TimestampData.fromLocalDateTime(LocalDateTime.ofInstant(at, ZoneOffset.UTC)));
    row.setRowKind(kind);
    return row;
  }

  /** Moves the watermark just before checkpoints alone, and from hour to hour. */
  private static final class HourlyGate extends AbstractStreamOperator<RowData>
      implements OneInputStreamOperator<RowData, RowData> {
    private static final long serialVersionUID = 1;
    private static final long HOUR = 3_600_000;
    private transient long seen;

    @Override
    public void open() throws Exception {
      super.open();
      seen = Long.MIN_VALUE;
    }

    @Override
    public void processElement(StreamRecord<RowData> element) {
      output.collect(element);
    }

    @Override
    public void processWatermark(Watermark mark) {
      seen = mark.getTimestamp();
    }

    @Override
    public void prepareSnapshotPreBarrier(long checkpoint) throws Exception {
      if (seen != Long.MIN_VALUE && seen != Long.MAX_VALUE) {
        super.processWatermark(new Watermark(Math.floorDiv(seen + 1, HOUR) * HOUR - 1));
      }
    }
  }

  /** Throws at every row of a number that somebody asked for, once. */
  private static final class Poisoned implements FlatMapFunction<RowData, RowData> {
    private static final long serialVersionUID = 1;

    @Override
    public void flatMap(RowData row, org.apache.flink.util.Collector<RowData> out) {
      if (POISON.getAndUpdate(n -> n > 0 ? n - 1 : 0) == 1) {
        throw new IllegalStateException("poisoned");
      }
      if (row.getLong(0) != NONE) {
        READ.add(row.getLong(0));
        out.collect(row);
      }
    }
  }

  /** Each row comes, goes and comes again one second later. */
  private static final class Restless implements FlatMapFunction<RowData, RowData> {
    private static final long serialVersionUID = 1;

    @Override
    public void flatMap(RowData row, org.apache.flink.util.Collector<RowData> out) {
      Instant at = row.getTimestamp(1, 6).toLocalDateTime().toInstant(ZoneOffset.UTC);
      out.collect(row(RowKind.INSERT, row.getLong(0), at));
      out.collect(row(RowKind.UPDATE_BEFORE, row.getLong(0), at));
      out.collect(row(RowKind.UPDATE_AFTER, row.getLong(0), at.plusSeconds(1)));
    }
  }

  /**
   * @param perCheckpoint so many events come between two checkpoints, so that a slow machine has
   *     not read all of them before somebody could kill the job
   */
  private JobClient submit(LiveSpec spec, Changes kind, int perCheckpoint) throws Exception {
    Configuration configuration = new Configuration();
    configuration.setString("restart-strategy.type", "fixed-delay");
    configuration.setString("restart-strategy.fixed-delay.attempts", "20");
    configuration.setString("restart-strategy.fixed-delay.delay", "50 ms");
    configuration.setString("execution.checkpointing.interval", "100 ms");
    configuration.setString("taskmanager.memory.network.max", "64 mb");
    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.createLocalEnvironment(2, configuration);
    TypeInformation<RowData> type = InternalTypeInfo.of(rows.type());
    GeneratorFunction<Long, RowData> events = LiveSinkIT::event;
    READ.clear();
    DataStream<RowData> all =
        env.fromSource(
                new DataGeneratorSource<>(
                    events, ENDLESS, RateLimiterStrategy.perCheckpoint(perCheckpoint), type),
                WatermarkStrategy.<RowData>forMonotonousTimestamps()
                    .withTimestampAssigner(
                        (row, before) -> row.getTimestamp(1, 6).getMillisecond()),
                "events")
            .uid("events")
            .flatMap(new Poisoned(), type)
            .uid("poisoned");
    DataStream<RowData> result = all.transform("gate", type, new HourlyGate()).uid("gate");
    if (kind == Changes.UPDATING) {
      result = result.flatMap(new Restless(), type).uid("restless");
    }
    LiveSink sink = new LiveSink(spec, scene.topics());
    sink.source(spec.sources().get(0), serializable(scene.events().table()), rows, all);
    sink.task(spec.tasks().get(0), serializable(hours), rows, result, kind);
    sink.commit();
    return env.executeAsync(spec.key());
  }

  private Table serializable(TableRef ref) {
    return (Table) SerializableTable.copyOf(scene.fixture().table(ref));
  }

  private void awaitCommit(JobClient client) {
    int before = scene.history(hours).size();
    CompletableFuture<JobExecutionResult> end = client.getJobExecutionResult();
    await()
        .atMost(Duration.ofMinutes(5))
        .until(() -> scene.history(hours).size() > before || end.isDone());
  }

  /** Stops a job that has read everything; once more if that met a failure. */
  private JobExecutionResult end(JobClient client) throws Exception {
    await().atMost(Duration.ofMinutes(5)).until(() -> READ.size() == EVENTS);
    CompletableFuture<JobExecutionResult> end = client.getJobExecutionResult();
    await()
        .atMost(Duration.ofMinutes(5))
        .ignoreExceptions()
        .until(
            () -> {
              if (!end.isDone()) {
                client
                    .stopWithSavepoint(false, dir.toUri().toString(), SavepointFormatType.CANONICAL)
                    .get(1, TimeUnit.MINUTES);
              }
              return end.isDone();
            });
    return end.get();
  }

  /** The job is killed before, after and between commits; a plain failure and a lost answer too. */
  private void runWithKills(Changes kind) throws Exception {
    JobClient client = submit(scene.spec("j1"), kind, 20);
    awaitCommit(client);
    FaultyCatalog.next(LakeFixture.identifier(events), Fault.DIES_BEFORE);
    awaitCommit(client);
    FaultyCatalog.next(LakeFixture.identifier(hours), Fault.DIES_AFTER);
    awaitCommit(client);
    POISON.set(20);
    awaitCommit(client);
    FaultyCatalog.next(LakeFixture.identifier(hours), Fault.ANSWER_LOST);
    await()
        .atMost(Duration.ofMinutes(5))
        .until(
            () ->
                POISON.get() == 0
                    && !FaultyCatalog.isPending(LakeFixture.identifier(events))
                    && !FaultyCatalog.isPending(LakeFixture.identifier(hours)));
    end(client);
  }

  private List<String> expected(long second, Instant before) {
    List<String> all = new ArrayList<>();
    for (long i = 0; i < EVENTS; i++) {
      if (time(i).isBefore(before)) {
        all.add(
            List.of(i, LocalDateTime.ofInstant(time(i).plusSeconds(second), ZoneOffset.UTC))
                .toString());
      }
    }
    return all.stream().sorted().toList();
  }

  @Test
  void everyRowIsThereOnceAndEveryStampIsTrue() throws Exception {
    runWithKills(Changes.INSERT_ONLY);

    assertThat(scene.rows(events)).isEqualTo(expected(0, Instant.MAX));
    assertThat(scene.rows(hours)).isEqualTo(expected(0, Instant.MAX));
    requireStampsAreTrue();
  }

  @Test
  void rowsThatChangeAreWrittenWhenTheirSliceClosesAsTheyAreThen() throws Exception {
    runWithKills(Changes.UPDATING);

    long openFrom = scene.mark(hours).flatMap(LiveMark::openFrom).orElseThrow();
    assertThat(openFrom).isGreaterThan(LiveScene.FIRST + 5);
    assertThat(scene.rows(hours)).isEqualTo(expected(1, Grain.HOUR.start(openFrom)));
    requireStampsAreTrue();
  }

  /** Rows and hash of every closed slice are what the table holds. */
  private void requireStampsAreTrue() {
    TreeMap<Long, Stamp.SliceDigest> stamped = new TreeMap<>();
    for (Snapshot snapshot : scene.history(hours)) {
      Stamp stamp = StampSummary.read(snapshot.summary()).orElseThrow();
      stamp.content().slices().forEach(s -> assertThat(stamped.put(s.ordinal(), s)).isNull());
      assertThat(StampSummary.readMark(snapshot.summary()).orElseThrow().doubts()).isEmpty();
    }
    SliceMeter meter = new SliceMeter(rows, scene.hours().schema(), Grain.HOUR, Optional.empty());
    for (List<Object> row : scene.fixture().values(hours)) {
      meter.add(
          row(
              RowKind.INSERT,
              (Long) row.get(0),
              ((LocalDateTime) row.get(1)).toInstant(ZoneOffset.UTC)));
    }
    long openFrom = scene.mark(hours).flatMap(LiveMark::openFrom).orElseThrow();
    assertThat(stamped.values())
        .isNotEmpty()
        .containsExactlyElementsOf(
            meter.drain().stream()
                .sorted(Comparator.comparingLong(SliceTotals::ordinal))
                .map(SliceTotals::digest)
                .filter(d -> d.ordinal() < openFrom)
                .toList());
  }

  @Test
  void whatAnEndedJobCouldNotCommitFlinkStillTells() throws Exception {
    scene.topics().away();

    JobExecutionResult left = end(submit(scene.spec("j1"), Changes.INSERT_ONLY, EVENTS / 4));

    assertThat(scene.rows(events)).isEmpty();
    assertThat(left.<Long>getAccumulatorResult("tidemark.pending_checkpoints")).isPositive();
    scene.topics().same();
    JobExecutionResult done = end(submit(scene.spec("j2"), Changes.INSERT_ONLY, EVENTS / 4));
    assertThat(scene.rows(events)).isEqualTo(expected(0, Instant.MAX));
    assertThat(done.<Long>getAccumulatorResult("tidemark.pending_checkpoints")).isZero();
  }

  @Test
  void aSecondJobEndsForGoodAndSaysWhoHoldsTheTable() throws Exception {
    LiveSpec late = scene.spec("j2");
    try (Commits first = Commits.started(scene.spec("j1"), scene.topics())) {
      first.open();
      first.snapshot(1);
      first.complete(1);
    }

    JobClient client = submit(late, Changes.INSERT_ONLY, EVENTS);

    assertThatThrownBy(() -> client.getJobExecutionResult().get())
        .satisfies(
            e -> {
              TidemarkException told =
                  TidemarkException.findIn(
                          org.apache.flink.util.ExceptionUtils.stringifyException(e))
                      .orElseThrow();
              assertThat(told.category()).isEqualTo(TidemarkException.Category.REFUSED);
              assertThat(told.problems().get(0).code()).isEqualTo("TM-LIVE-030");
              assertThat(told.problems().get(0).what()).contains("j1").contains("ns.");
            });
    assertThat(scene.rows(events)).isEmpty();
  }
}
