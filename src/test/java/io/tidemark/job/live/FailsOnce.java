package io.tidemark.job.live;

import io.tidemark.sdk.Transform;
import io.tidemark.sdk.TransformContext;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.api.common.functions.FilterFunction;
import org.apache.flink.table.api.Table;
import org.apache.flink.types.Row;

/** Gives on what it is given, and fails at some rows, once each. */
public final class FailsOnce implements Transform {
  private static final long serialVersionUID = 1;

  /** The next multiple of 150 that it fails at, among ids. */
  static final AtomicInteger NEXT = new AtomicInteger(1);

  @Override
  public Table apply(TransformContext context) {
    return context
        .tables()
        .fromDataStream(context.stream("followed_plain").filter(new Failing()).uid("fails"));
  }

  private static final class Failing implements FilterFunction<Row> {
    private static final long serialVersionUID = 1;

    @Override
    public boolean filter(Row row) {
      int id = Math.toIntExact(row.<Long>getFieldAs("id"));
      if (id % 150 == 0 && NEXT.compareAndSet(id / 150, id / 150 + 1)) {
        throw new IllegalStateException("as planned, at " + id);
      }
      return true;
    }
  }
}
