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
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.Collector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What one task hands to another over a failure of the job. */
class HandoverIT {
  @RegisterExtension static final KafkaBroker KAFKA = new KafkaBroker();

  private static final Instant START = at("2026-03-01T00:00:00Z");
  private static final ConcurrentLinkedQueue<Long> HANDED = new ConcurrentLinkedQueue<>();
  private static final ConcurrentLinkedQueue<Long> OPEN = new ConcurrentLinkedQueue<>();
  private static volatile boolean fail;
  private static volatile boolean strayed;

  @TempDir Path dir;

  /** Fails when it is told to, and then first makes a row of the first slice once more. */
  private static final class Straying extends ProcessFunction<RowData, RowData> {
    private static final long serialVersionUID = 1;
    private static volatile RowData first;

    @Override
    public void processElement(RowData row, Context context, Collector<RowData> out) {
      if (first == null) {
        first =
            GenericRowData.of(
                row.getLong(0),
                row.getTimestamp(1, 3),
                row.getString(2),
                row.getInt(3),
                row.getLong(4),
                row.getTimestamp(5, 6));
      }
      if (fail) {
        fail = false;
        throw new IllegalStateException("thrown on purpose");
      }
      if (getRuntimeContext().getTaskInfo().getAttemptNumber() > 0 && !strayed) {
        strayed = true;
        out.collect(first);
      }
      out.collect(row);
    }
  }

  @Test
  void aRowOfASliceThatHadClosedIsNotHandedOverAfterAFailureEither() throws Exception {
    try (LiveBed live = new LiveBed(dir, KAFKA)) {
      Dataset source =
          live.source("handed", 1, "at", "id BIGINT NOT NULL", "at TIMESTAMP(3) NOT NULL");
      JobClient job = start(live, source);
      for (int i = 0; i < 200; i++) {
        live.send(source, 0, START, event(i));
      }
      long three = Grain.HOUR.ordinal(START) + 3;
      live.until(job, () -> OPEN.contains(three) && HANDED.contains(199L));
      fail = true;
      live.send(source, 0, START, event(200));
      live.until(job, () -> HANDED.contains(200L));
      live.stop(job);

      assertThat(strayed).isTrue();
      assertThat(Collections.frequency(HANDED, 0L)).isEqualTo(1);
    }
  }

  private static String event(long i) {
    return "{\"id\":%d,\"at\":\"%s\"}"
        .formatted(i, START.plusSeconds(60 * i).toString().replace("Z", ""));
  }

  private static JobClient start(LiveBed live, Dataset dataset) throws Exception {
    LiveSpec.Source source = live.ingest(dataset);
    LiveSpec spec = live.spec(List.of(source), List.of());
    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.createLocalEnvironment(1, new Configuration());
    LiveSettings.apply(spec, env);
    SourceRows rows = SourceRows.of(dataset, live.bed().fixture().table(dataset.table()));
    TopicSource topic = TopicSource.of(env, spec, source, rows, 0);
    SliceClock clock = SliceClock.ofTopics(Grain.HOUR, 0, 0, Long.MIN_VALUE, List.of());
    DatasetId one = DatasetId.of("one");
    Gated gated =
        Gated.behindGate(
            topic.rows(), topic.pulses().broadcast(), one, dataset.id(), clock, rows, 1);
    Gated handed =
        Gated.handedOver(
            gated.rows().process(new Straying()).returns(gated.rows().getType()),
            DatasetId.of("two"),
            one,
            clock,
            SliceClock.ofTasks(Grain.HOUR, 0, 0, Long.MIN_VALUE, List.of(clock)),
            rows);
    handed
        .rows()
        .map(
            row -> {
              HANDED.add(row.getLong(0));
              return row;
            })
        .returns(handed.rows().getType())
        .sinkTo(new DiscardingSink<>());
    handed
        .reports()
        .map(
            bytes -> {
              ((LiveReport.Gated) LiveReport.decode(bytes)).openFrom().ifPresent(OPEN::add);
              return bytes;
            })
        .returns(SliceReport.TYPE)
        .sinkTo(new DiscardingSink<>());
    return live.started(env.executeAsync("handed"));
  }
}
