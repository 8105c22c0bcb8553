package io.tidemark.job.append;

import io.tidemark.job.slice.RowKey;
import io.tidemark.job.slice.Rows;
import io.tidemark.job.slice.SliceReport;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.TableRef;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.table.data.RowData;
import org.apache.iceberg.Table;

/**
 * Where all rows of a live job end: puts writers behind its streams, and one committer behind all
 * writers. One per job, used while the job is composed; nothing runs. Checkpoints must be aligned
 * and exactly once. Not thread-safe.
 */
public final class LiveSink {
  private final LiveSpec spec;
  private final TopicIds topics;
  private final List<DataStream<byte[]>> reports = new ArrayList<>();

  /**
   * @param spec names every table that streams are given for
   * @param topics asked before each commit whether it is still the order's topics that were read
   */
  public LiveSink(LiveSpec spec, TopicIds topics) {
    this.spec = spec;
    this.topics = topics;
  }

  /**
   * Writes the rows of a source that this job brings in.
   *
   * @param table serializable
   */
  public void source(LiveSpec.Source source, Table table, Rows rows, DataStream<RowData> all) {
    TableRef ref = source.dataset().table();
    add(ref, all, LiveWriter.ofAnything(table, rows, ref, spec.job()));
  }

  /**
   * Writes rows into a table that is only appended to: dead letters, late rows.
   *
   * @param table serializable
   */
  public void letters(TableRef ref, Table table, Rows rows, DataStream<RowData> letters) {
    add(ref, letters, LiveWriter.ofAnything(table, rows, ref, spec.job()));
  }

  /**
   * Writes what a transform makes; held back until its slice closes if it may still change.
   *
   * @param table serializable
   * @param result its watermark closes slices: those that end a lookahead before it
   * @return the rows as they are written, none of which is ever taken back
   */
  public DataStream<RowData> task(
      LiveSpec.Task task, Table table, Rows rows, DataStream<RowData> result, Changes kind) {
    DataStream<RowData> settled = result;
    if (kind == Changes.UPDATING) {
      List<String> key =
          task.output().key().isEmpty() ? task.output().schema().names() : task.output().key();
      settled =
          result
              .keyBy(new RowKey(rows, key), Types.LONG)
              .process(new Hold(rows, Closing.of(task)))
              .returns(result.getType())
              .name("hold " + task.output().name())
              .uid("hold/" + task.output().name());
    }
    add(task.output().table(), settled, LiveWriter.ofTask(table, rows, task, spec.job(), kind));
    return settled;
  }

  /** Brings further reports to the committer: from decoders, gates and ends of history. */
  public void reports(DataStream<byte[]> more) {
    reports.add(more);
  }

  private void add(TableRef ref, DataStream<RowData> rows, LiveWriter writer) {
    SingleOutputStreamOperator<byte[]> written =
        rows.transform("write " + ref, SliceReport.TYPE, writer).uid("write/" + ref);
    int parallelism = rows.getTransformation().getParallelism();
    reports.add(parallelism > 0 ? written.setParallelism(parallelism) : written);
  }

  /** Adds the committer; call once, last. */
  public void commit() {
    if (reports.isEmpty()) {
      throw new IllegalStateException("[BUG] nothing to commit");
    }
    DataStream<byte[]> all = reports.get(0);
    for (DataStream<byte[]> more : reports.subList(1, reports.size())) {
      all = all.union(more);
    }
    all.transform("commit", SliceReport.TYPE, new LiveCommitter(spec, topics))
        .uid("commit")
        .setParallelism(1)
        .setMaxParallelism(1)
        .sinkTo(new DiscardingSink<>())
        .name("end")
        .uid("end")
        .setParallelism(1);
  }
}
