package io.tidemark.job.live;

import io.tidemark.model.DatasetId;
import java.util.Optional;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;

/**
 * An input as one task is given it while the job runs, history apart.
 *
 * @param late rows that it is not given; of topics only
 */
record Gated(
    DataStream<RowData> rows, DataStream<byte[]> reports, Optional<DataStream<RowData>> late) {

  /**
   * Rows of a topic, or of a followed table, of which none is late.
   *
   * @param pulses of all streams of the job, sent to all subtasks
   * @param streams how many send pulses
   */
  static Gated behindGate(
      DataStream<RowData> rows,
      DataStream<long[]> pulses,
      DatasetId task,
      DatasetId source,
      SliceClock clock,
      SourceRows typed,
      int streams) {
    SingleOutputStreamOperator<RowData> gate =
        rows.connect(pulses)
            .transform(
                "gate " + source + " for " + task,
                InternalTypeInfo.of(typed.type()),
                new Gate(task, source, clock, typed, streams))
            .uid("gate/" + task + "/" + source);
    return new Gated(
        gate,
        gate.getSideOutput(Gate.REPORTS),
        typed.isFromTopic() ? Optional.of(gate.getSideOutput(Gate.LATE)) : Optional.empty());
  }

  /** Another task's rows. */
  static Gated handedOver(
      DataStream<RowData> rows,
      DatasetId task,
      DatasetId input,
      SliceClock upstream,
      SliceClock clock,
      SourceRows typed) {
    SingleOutputStreamOperator<RowData> handover =
        rows.transform(
                "hand " + input + " over to " + task,
                InternalTypeInfo.of(typed.type()),
                new Handover(task, upstream, clock, typed.time()))
            .uid("hand-over/" + task + "/" + input);
    return new Gated(handover, handover.getSideOutput(Handover.REPORTS), Optional.empty());
  }
}
