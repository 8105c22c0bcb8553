package io.tidemark.job.live;

import io.tidemark.sdk.Transform;
import io.tidemark.sdk.TransformContext;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.table.api.Table;
import org.apache.flink.types.Row;
import org.apache.flink.util.Collector;

/** Per code and hour, the longest gap between events in minutes: a timer at the hour's end. */
public final class Gaps implements Transform {
  private static final long serialVersionUID = 1;
  private static final long HOUR = 3_600_000;

  @Override
  public Table apply(TransformContext context) {
    DataStream<Row> gaps =
        context.stream("gappy")
            .keyBy(row -> row.getFieldAs("code") + "/" + millis(row) / HOUR, Types.STRING)
            .process(new Longest())
            .returns(
                Types.ROW_NAMED(
                    new String[] {"code", "at", "gap"},
                    Types.STRING,
                    Types.LOCAL_DATE_TIME,
                    Types.LONG))
            .uid("longest-gap");
    return context.tables().fromDataStream(gaps);
  }

  private static long millis(Row row) {
    return row.<LocalDateTime>getFieldAs("at").toInstant(ZoneOffset.UTC).toEpochMilli();
  }

  /** Keeps an hour's times until it ends. */
  private static final class Longest extends KeyedProcessFunction<String, Row, Row> {
    private static final long serialVersionUID = 1;
    private transient ListState<Long> times;

    @Override
    public void open(OpenContext context) {
      times = getRuntimeContext().getListState(new ListStateDescriptor<>("times", Types.LONG));
    }

    @Override
    public void processElement(Row row, Context context, Collector<Row> out) throws Exception {
      times.add(millis(row));
      context.timerService().registerEventTimeTimer((millis(row) / HOUR + 1) * HOUR - 1);
    }

    @Override
    public void onTimer(long at, OnTimerContext context, Collector<Row> out) throws Exception {
      List<Long> sorted = new ArrayList<>();
      times.get().forEach(sorted::add);
      sorted.sort(null);
      long longest = 0;
      for (int i = 1; i < sorted.size(); i++) {
        longest = Math.max(longest, sorted.get(i) - sorted.get(i - 1));
      }
      String code = context.getCurrentKey().split("/", -1)[0];
      LocalDateTime hour = LocalDateTime.ofEpochSecond((at + 1 - HOUR) / 1000, 0, ZoneOffset.UTC);
      out.collect(Row.of(code, hour, longest / 60_000));
      times.clear();
    }
  }
}
