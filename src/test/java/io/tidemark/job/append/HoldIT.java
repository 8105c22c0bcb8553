package io.tidemark.job.append;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.job.slice.RowKey;
import io.tidemark.job.slice.Rows;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Grain;
import io.tidemark.model.JobSpec;
import io.tidemark.model.Layout;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Location;
import io.tidemark.model.Schema;
import io.tidemark.model.SliceSet;
import io.tidemark.model.TableRef;
import io.tidemark.model.Transform;
import io.tidemark.testing.JobBed;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.connector.datagen.source.GeneratorFunction;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.TimestampType;
import org.apache.flink.types.RowKind;
import org.apache.flink.util.CloseableIterator;
import org.apache.flink.util.Collector;
import org.junit.jupiter.api.Test;

/**
 * Whatever comes and goes in whatever order, what the hold gives out for a slice is the multiset
 * that is left when the slice closes, not earlier and not later; also over a failure.
 */
final class HoldIT {
  private static final int HOURS = 6;
  private static final long HOUR = 3_600_000;
  private static final long LOOKAHEAD = 2 * HOUR;
  private static final List<String> COLUMNS = List.of("id", "at", "amount");
  private static final RowType TYPE =
      RowType.of(
          new org.apache.flink.table.types.logical.LogicalType[] {
            new BigIntType(false), new TimestampType(false, 6), new IntType()
          },
          COLUMNS.toArray(String[]::new));

  private static final ConcurrentHashMap<String, List<Step>> SCRIPTS = new ConcurrentHashMap<>();
  private static final AtomicBoolean FAILED = new AtomicBoolean();

  /** A change of a row or, without one, the closing of an hour. */
  private record Step(int hour, Optional<Row> row, RowKind kind) {}

  private record Row(long id, int hour, Integer amount) implements Comparable<Row> {
    RowData data(RowKind kind) {
      GenericRowData row =
          GenericRowData.of(id, TimestampData.fromEpochMillis(hour * HOUR + id), amount);
      row.setRowKind(kind);
      return row;
    }

    @Override
    public int compareTo(Row other) {
      return toString().compareTo(other.toString());
    }
  }

  private static LiveSpec.Task task(Optional<Long> openFrom) {
    return new LiveSpec.Task(
        new Transform(
            DatasetId.of("out"),
            new Transform.Sql("SELECT 1"),
            List.of(DatasetId.of("in")),
            new Transform.Window(Duration.ZERO, Duration.ofMillis(LOOKAHEAD)),
            "1",
            JobBed.analysis(io.tidemark.model.Analysis.Locality.SHUFFLED),
            new Location("t.sql", 1, 1)),
        Optional.empty(),
        new JobSpec.Output(
            DatasetId.of("out"),
            TableRef.parse("ns.out"),
            "main",
            new Schema(List.of()),
            List.of("id"),
            new Layout(Optional.of("at"), Grain.HOUR, Grain.HOUR),
            SliceSet.empty(Grain.HOUR)),
        TableRef.parse("ns.late"),
        Optional.empty(),
        0,
        openFrom);
  }

  private static RowKind kind(Random random, boolean comes) {
    if (comes) {
      return random.nextBoolean() ? RowKind.INSERT : RowKind.UPDATE_AFTER;
    }
    return random.nextBoolean() ? RowKind.DELETE : RowKind.UPDATE_BEFORE;
  }

  /** Random changes, each before its hour closes; adds what must be left to {@code left}. */
  private static List<Step> script(Random random, List<Row> left) {
    List<List<Step>> epochs = new ArrayList<>();
    for (int h = 0; h < HOURS; h++) {
      epochs.add(new ArrayList<>());
    }
    for (int i = 0; i < 150; i++) {
      Row row =
          new Row(
              random.nextInt(12),
              random.nextInt(HOURS),
              random.nextInt(4) == 0 ? null : random.nextInt(3));
      int stays = random.nextInt(3);
      int goes = random.nextInt(3);
      for (int n = 0; n < stays + 2 * goes; n++) {
        boolean comes = n < stays + goes;
        epochs
            .get(random.nextInt(row.hour() + 1))
            .add(new Step(row.hour(), Optional.of(row), kind(random, comes)));
      }
      left.addAll(Collections.nCopies(stays, row));
    }
    List<Step> script = new ArrayList<>();
    for (int h = 0; h < HOURS; h++) {
      Collections.shuffle(epochs.get(h), random);
      script.addAll(epochs.get(h));
      script.add(new Step(h, Optional.empty(), RowKind.INSERT));
    }
    return script;
  }

  private static long closing(int hour) {
    return (hour + 1) * HOUR + LOOKAHEAD - 1;
  }

  /** Says a watermark behind every step that closes an hour. */
  private static final class AtClosings implements WatermarkGenerator<Step> {
    @Override
    public void onEvent(Step step, long time, WatermarkOutput output) {
      if (step.row().isEmpty()) {
        output.emitWatermark(new Watermark(closing(step.hour())));
      }
    }

    @Override
    public void onPeriodicEmit(WatermarkOutput output) {}
  }

  /** What came out, and behind which watermark. */
  private static final class Told extends ProcessFunction<RowData, String> {
    private static final long serialVersionUID = 1;

    @Override
    public void processElement(RowData row, Context context, Collector<String> out) {
      assertThat(row.getRowKind()).isEqualTo(RowKind.INSERT);
      int hour = (int) Math.floorDiv(row.getTimestamp(1, 6).getMillisecond(), HOUR);
      Integer amount = row.isNullAt(2) ? null : row.getInt(2);
      long before = context.timerService().currentWatermark();
      boolean early = before < closing(hour - 1) && before != Long.MIN_VALUE;
      String when = early ? " too early" : before >= closing(hour) ? " too late" : "";
      out.collect(new Row(row.getLong(0), hour, amount) + when);
    }
  }

  /** Fails once, in the middle. */
  private static final class FailsOnce extends ProcessFunction<Step, RowData> {
    private static final long serialVersionUID = 1;
    private final int at;
    private transient int count;

    FailsOnce(int at) {
      this.at = at;
    }

    @Override
    public void open(OpenContext context) {
      count = 0;
    }

    @Override
    public void processElement(Step step, Context context, Collector<RowData> out) {
      if (++count == at && FAILED.compareAndSet(false, true)) {
        throw new IllegalStateException("injected");
      }
      step.row().ifPresent(row -> out.collect(row.data(step.kind())));
    }
  }

  private static List<String> run(List<Step> steps, Optional<Long> openFrom, int perSecond)
      throws Exception {
    String name = "script-" + SCRIPTS.size();
    SCRIPTS.put(name, steps);
    Configuration configuration = new Configuration();
    configuration.setString("restart-strategy.type", "fixed-delay");
    configuration.setString("restart-strategy.fixed-delay.attempts", "1");
    configuration.setString("restart-strategy.fixed-delay.delay", "10 ms");
    configuration.setString("execution.checkpointing.interval", "50 ms");
    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.createLocalEnvironment(2, configuration);
    Rows rows = new Rows(TYPE, Optional.of("at"), 0);
    GeneratorFunction<Long, Step> script = i -> SCRIPTS.get(name).get(i.intValue());
    List<String> told = new ArrayList<>();
    try (CloseableIterator<String> results =
        env.fromSource(
                new DataGeneratorSource<>(
                    script,
                    steps.size(),
                    RateLimiterStrategy.perSecond(perSecond),
                    TypeInformation.of(Step.class)),
                WatermarkStrategy.forGenerator(c -> new AtClosings()),
                "script")
            .setParallelism(1)
            .process(new FailsOnce(steps.size() / 2))
            .returns(InternalTypeInfo.of(TYPE))
            .setParallelism(1)
            .keyBy(new RowKey(rows, List.of("id")), Types.LONG)
            .process(new Hold(rows, Closing.of(task(openFrom))))
            .returns(InternalTypeInfo.of(TYPE))
            .process(new Told())
            .executeAndCollect()) {
      results.forEachRemaining(told::add);
    }
    Collections.sort(told);
    return told;
  }

  @Test
  void whatIsLeftOfASliceComesOutOnceWhenItCloses() throws Exception {
    for (long seed = 1; seed <= 3; seed++) {
      FAILED.set(seed == 1);
      List<Row> left = new ArrayList<>();
      List<Step> steps = script(new Random(seed), left);

      List<String> told = run(steps, Optional.empty(), seed == 1 ? 100_000 : 600);

      assertThat(FAILED.get()).isTrue();
      assertThat(told)
          .as("seed %d", seed)
          .isEqualTo(left.stream().map(Row::toString).sorted().toList());
    }
  }

  @Test
  void changesOfClosedSlicesComeOutAtOnceAndThoseOfOthersAreContext() throws Exception {
    FAILED.set(true);
    Row context = new Row(1, 0, 7);
    Row stray = new Row(2, 1, 7);
    Row kept = new Row(3, 2, 7);
    List<Step> steps =
        List.of(
            new Step(0, Optional.of(context), RowKind.INSERT),
            new Step(1, Optional.empty(), RowKind.INSERT),
            new Step(1, Optional.of(stray), RowKind.DELETE),
            new Step(2, Optional.of(kept), RowKind.INSERT),
            new Step(2, Optional.empty(), RowKind.INSERT));

    assertThat(run(steps, Optional.of(1L), 100_000))
        .containsExactly(stray + " too late", kept.toString());
  }
}
