package io.tidemark.job.append;

import io.tidemark.model.LiveSpec;
import io.tidemark.model.RecordJson;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/** Commits what writers report, once per checkpoint. Parallelism 1. */
final class LiveCommitter extends AbstractStreamOperator<byte[]>
    implements OneInputStreamOperator<byte[], byte[]> {
  private static final long serialVersionUID = 1;

  private final String specJson;

  LiveCommitter(LiveSpec spec) {
    this.specJson = RecordJson.write(spec, LiveSpec.class);
  }

  @Override
  public void processElement(StreamRecord<byte[]> element) {
    LiveReport.decode(element.getValue());
  }
}
