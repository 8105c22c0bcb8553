package io.tidemark.sdk;

import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.table.api.Table;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.types.Row;

/** What a Java transform is given. Valid only during {@link Transform#apply}. */
public interface TransformContext {

  /** An input dataset by its name in the graph. */
  Table input(String dataset);

  /** An input dataset as a stream of rows, by its name in the graph. */
  DataStream<Row> stream(String dataset);

  /** The table environment of the job, to turn streams into tables. */
  StreamTableEnvironment tables();
}
