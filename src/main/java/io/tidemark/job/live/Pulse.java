package io.tidemark.job.live;

import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.TypeInformation;

/**
 * How far one subtask of one stream of the job is, told to every gate just before a checkpoint's
 * barrier. Data and not Flink's watermarks, because what an operator makes of watermarks and idle
 * channels depends on the order in which they come in; of the last pulse of every subtask it does
 * not.
 *
 * @param stream position among the job's topics and histories
 * @param subtasks of the stream
 * @param partitions how many the subtask reads; one without any has nothing to tell
 * @param all how many partitions the stream has at least, over all its subtasks
 * @param complete up to where no more rows come, in microseconds
 * @param idle whether nobody needs to wait for it
 */
record Pulse(
    int stream, int subtask, int subtasks, int partitions, int all, long complete, boolean idle) {
  /** Of a stream that is no topic, and ends. */
  static Pulse ended(int stream, int subtask, int subtasks) {
    return new Pulse(stream, subtask, subtasks, 1, 1, Long.MAX_VALUE, false);
  }

  static final TypeInformation<long[]> TYPE = PrimitiveArrayTypeInfo.LONG_PRIMITIVE_ARRAY_TYPE_INFO;

  long[] toLongs() {
    return new long[] {stream, subtask, subtasks, partitions, all, complete, idle ? 1 : 0};
  }

  /** The same, but as far as an earlier one at least. */
  Pulse notBefore(Pulse earlier) {
    return new Pulse(
        stream, subtask, subtasks, partitions, all, Math.max(complete, earlier.complete), idle);
  }

  static Pulse of(long[] longs) {
    return new Pulse(
        (int) longs[0],
        (int) longs[1],
        (int) longs[2],
        (int) longs[3],
        (int) longs[4],
        longs[5],
        longs[6] == 1);
  }
}
