package io.tidemark.job;

import io.tidemark.sdk.Transform;
import io.tidemark.sdk.TransformContext;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.table.api.Table;
import org.apache.flink.types.Row;

/** Doubles the amounts of {@code slow_in}, taking its time for every row. */
public final class SlowDouble implements Transform {
  private static final long serialVersionUID = 1;

  @Override
  public Table apply(TransformContext context) {
    return context
        .tables()
        .fromDataStream(
            context.stream("slow_in")
                .map(new Doubling())
                .returns(
                    Types.ROW_NAMED(
                        new String[] {"id", "at", "twice"},
                        Types.LONG,
                        Types.LOCAL_DATE_TIME,
                        Types.INT)));
  }

  /** A class of its own, so that shipping it is shown to work. */
  public static final class Doubling implements MapFunction<Row, Row> {
    private static final long serialVersionUID = 1;

    @Override
    public Row map(Row row) throws Exception {
      new CountDownLatch(1).await(10, TimeUnit.MILLISECONDS);
      return Row.of(row.getField("id"), row.getField("at"), 2 * (Integer) row.getField("amount"));
    }
  }
}
