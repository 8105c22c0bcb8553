package io.tidemark.job.catalog;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.table.data.RowData;
import org.apache.iceberg.expressions.Expression;

/**
 * The scans of a job's inputs: their counts of rows read, and how many these must be. Complete once
 * the query is on the environment. Not thread-safe.
 */
public final class CountedScans {
  private final List<Scan> scans = new ArrayList<>();
  private final List<DataStream<byte[]>> reports = new ArrayList<>();

  private record Scan(int input, HeldRows held, CountedSource.Pushed pushed) {}

  /** The scans of one input. */
  final class Input {
    private final int position;
    private final HeldRows held;

    private Input(int position, HeldRows held) {
      this.position = position;
      this.held = held;
    }

    HeldRows held() {
      return held;
    }

    /** Puts a counter behind a scan. */
    DataStream<RowData> count(DataStream<RowData> rows, CountedSource.Pushed pushed) {
      scans.add(new Scan(position, held, pushed));
      return RowCounter.behind(rows, "count rows read", position, reports::add);
    }
  }

  /**
   * @param position among the job's inputs
   */
  Input input(int position, HeldRows held) {
    return new Input(position, held);
  }

  /** One per scan. */
  public List<DataStream<byte[]>> reports() {
    return reports;
  }

  /** Whether there is one scan, which alone decides what rows come out of it. */
  public boolean areWhole() {
    return scans.size() == 1 && scans.get(0).pushed().whole() && !scans.get(0).pushed().limited();
  }

  /**
   * How many rows must be read of each input, by all of its scans together, as the planner gave
   * them filters.
   */
  public List<RowBounds> heldAsPushed(int inputs) {
    return held(inputs, scan -> scan.pushed().filter());
  }

  /**
   * The same where exactly the rows are read that an input is read for: what must be there then
   * does not hang on what the planner made of the query.
   */
  public List<RowBounds> heldAsWanted(int inputs) {
    return held(inputs, scan -> scan.held().wanted());
  }

  private List<RowBounds> held(int inputs, Function<Scan, Expression> filter) {
    List<RowBounds> held = new ArrayList<>();
    for (int i = 0; i < inputs; i++) {
      RowBounds sum = RowBounds.NONE;
      for (Scan scan : scans) {
        if (scan.input() == i) {
          RowBounds rows = scan.held().matching(filter.apply(scan));
          sum = sum.plus(scan.pushed().limited() ? new RowBounds(0, rows.most()) : rows);
        }
      }
      held.add(sum);
    }
    return held;
  }
}
