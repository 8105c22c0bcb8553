package io.tidemark.job.live;

import io.tidemark.job.append.LiveSink;
import io.tidemark.job.catalog.IcebergCatalogs;
import io.tidemark.model.DatasetId;
import io.tidemark.model.JobSpec;
import io.tidemark.model.LiveSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.iceberg.SerializableTable;
import org.apache.iceberg.SnapshotRef;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Catalog;

/**
 * Puts the topology of a live job on an environment: topics and history, a gate per transform and
 * topic, the transforms, and the sink that settles all rows.
 */
public final class LiveComposer {
  private final LiveSpec spec;
  private final StreamExecutionEnvironment env;
  private final Catalog catalog;
  private final LiveSink sink;
  private final Clocks clocks;
  private final Map<DatasetId, SourceRows> rows = new HashMap<>();
  private final Map<DatasetId, DataStream<RowData>> streams = new HashMap<>();
  private final Map<DatasetId, History> histories = new HashMap<>();
  private final List<DataStream<long[]>> pulses = new ArrayList<>();

  private LiveComposer(LiveSpec spec, StreamExecutionEnvironment env, Catalog catalog) {
    this.spec = spec;
    this.env = env;
    this.catalog = catalog;
    this.sink = new LiveSink(spec, new BrokerTopicIds(spec.streaming()));
    this.clocks = Clocks.of(spec);
  }

  /**
   * Nothing runs. Sets streaming mode, checkpoints and restarts.
   *
   * @param env used for this job alone; its parallelism is the job's
   * @throws io.tidemark.model.TidemarkException USER if a transform does not compile, throws or
   *     does not fit its table; EXTERNAL if the catalog or a table cannot be read
   */
  public static void compose(LiveSpec spec, StreamExecutionEnvironment env) {
    LiveSettings.apply(spec, env);
    Catalog catalog = IcebergCatalogs.loader(spec.catalog()).loadCatalog();
    try {
      new LiveComposer(spec, env, catalog).compose();
    } finally {
      IcebergCatalogs.close(catalog);
    }
  }

  private void compose() {
    spec.sources().forEach(this::source);
    spec.tasks().forEach(this::history);
    DataStream<long[]> all = pulses.get(0);
    for (DataStream<long[]> more : pulses.subList(1, pulses.size())) {
      all = all.union(more);
    }
    DataStream<long[]> everywhere = all.broadcast();
    spec.tasks().forEach(task -> task(task, everywhere));
    sink.commit();
  }

  private void source(LiveSpec.Source source) {
    DatasetId id = source.dataset().id();
    Table table = IcebergCatalogs.load(catalog, source.dataset().table());
    SourceRows typed = SourceRows.of(source.dataset(), table);
    rows.put(id, typed);
    if (source.mode() == LiveSpec.Source.Mode.FOLLOW) {
      TableSource followed =
          TableSource.of(env, spec, source, serializable(table), typed, pulses.size());
      pulses.add(followed.pulses());
      streams.put(id, followed.rows());
      sink.reports(followed.reports());
    } else {
      topic(source, table, typed);
    }
    if (source.snapshot() != 0 && source.historyFrom().isPresent()) {
      History history = History.ofSource(env, spec.catalog(), source, table, typed, pulses.size());
      histories.put(id, history);
      pulses.add(history.pulses());
      sink.reports(history.reports());
    }
  }

  private void topic(LiveSpec.Source source, Table table, SourceRows typed) {
    DatasetId id = source.dataset().id();
    TopicSource topic = TopicSource.of(env, spec, source, typed, pulses.size());
    pulses.add(topic.pulses());
    streams.put(id, topic.rows());
    sink.reports(topic.reports());
    if (source.mode() == LiveSpec.Source.Mode.INGEST) {
      sink.source(source, serializable(table), typed.rows(), topic.rows());
      Table letters = Letters.DEAD.ensure(catalog, source.deadLetters());
      sink.letters(
          source.deadLetters(), serializable(letters), Letters.DEAD.rows(), topic.letters());
    }
  }

  /** What other tasks need of a task's slices that are closed already. */
  private void history(LiveSpec.Task task) {
    JobSpec.Output output = task.output();
    Table table = IcebergCatalogs.load(catalog, output.table());
    SourceRows typed = SourceRows.of(output.schema(), output.layout().eventTime(), table.schema());
    rows.put(output.name(), typed);
    clocks
        .closedRowsNeededOf(output.name())
        .flatMap(
            range -> History.ofTask(env, spec.catalog(), task, table, typed, range, pulses.size()))
        .ifPresent(
            history -> {
              histories.put(output.name(), history);
              pulses.add(history.pulses());
            });
  }

  private void task(LiveSpec.Task task, DataStream<long[]> everywhere) {
    LiveTask live = new LiveTask(task, env);
    DatasetId name = task.output().name();
    List<DataStream<RowData>> late = new ArrayList<>();
    for (DatasetId input : task.transform().inputs()) {
      if (streams.containsKey(input)) {
        live.input(input, rows.get(input), input(name, input, everywhere, late));
      } else {
        live.reference(reference(input), spec.catalog(), catalog);
      }
    }
    // A shadow's rows that came late are its main job's to keep, or the table would hold them
    // twice.
    if (!late.isEmpty() && task.output().branch().equals(SnapshotRef.MAIN_BRANCH)) {
      Table table = Letters.LATE.ensure(catalog, task.late());
      sink.letters(task.late(), serializable(table), Letters.LATE.rows(), union(late));
    }
    Table table = IcebergCatalogs.load(catalog, task.output().table());
    LiveTask.Result result = live.result(table);
    DataStream<RowData> settled =
        sink.task(task, serializable(table), result.rows(), result.stream(), result.changes());
    streams.put(name, Retype.of(settled, result.rows().type(), rows.get(name), name));
  }

  /** An input as one task is given it: gated or handed over, with its history. */
  private DataStream<RowData> input(
      DatasetId task,
      DatasetId input,
      DataStream<long[]> everywhere,
      List<DataStream<RowData>> late) {
    SliceClock clock = clocks.of(task);
    Gated gated =
        clocks.isTask(input)
            ? Gated.handedOver(
                streams.get(input), task, input, clocks.of(input), clock, rows.get(input))
            : Gated.behindGate(
                streams.get(input), everywhere, task, input, clock, rows.get(input), pulses.size());
    sink.reports(gated.reports());
    gated.late().ifPresent(late::add);
    History history = histories.get(input);
    return history == null
        ? gated.rows()
        : gated.rows().union(history.from(task, input, clock.readFrom()));
  }

  private JobSpec.Input reference(DatasetId input) {
    return spec.references().stream()
        .filter(r -> r.name().equals(input))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Cannot compose "
                        + spec.key()
                        + ": the order has no input '"
                        + input
                        + "' of its transforms"));
  }

  private static DataStream<RowData> union(List<DataStream<RowData>> streams) {
    DataStream<RowData> all = streams.get(0);
    for (DataStream<RowData> more : streams.subList(1, streams.size())) {
      all = all.union(more);
    }
    return all;
  }

  private static Table serializable(Table table) {
    return (Table) SerializableTable.copyOf(table);
  }
}
