package io.tidemark.sdk;

import java.io.Serializable;
import org.apache.flink.table.api.Table;

/**
 * A transform written in Java, on the Table API or the DataStream API. The same instance code runs
 * in bounded mode (a recompute) and in live mode, so it must be a function of its inputs and of
 * event time alone: no wall clock, no random, no processing time, no state outside Flink's.
 *
 * <p>Implementations are public, have a public constructor without arguments, and are used by one
 * thread while a job is put together.
 */
public interface Transform extends Serializable {

  /**
   * Describes the output. Called once per job, before it is submitted.
   *
   * @return a table whose columns match the output dataset's schema by name
   */
  Table apply(TransformContext context);
}
