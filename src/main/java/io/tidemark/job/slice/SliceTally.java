package io.tidemark.job.slice;

import io.tidemark.model.JobSpec;
import io.tidemark.model.SliceSet;
import io.tidemark.model.SliceStats;
import io.tidemark.model.Stamp;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.apache.iceberg.DataFile;

/** The reports of all tasks of a job, added up. */
public final class SliceTally {
  private final JobSpec.Output output;
  private final int checks;
  private final int[] scales;
  private final TreeMap<Long, SliceTotals> totals = new TreeMap<>();
  private final TreeMap<Integer, Long> rowsIn = new TreeMap<>();
  private final List<DataFile> files = new ArrayList<>();
  private long outside;
  private long started = Long.MAX_VALUE;

  /**
   * @param checks how many row checks each slice counts violations of
   */
  public SliceTally(JobSpec.Output output, int checks) {
    this.output = output;
    this.checks = checks;
    this.scales =
        output.schema().columns().stream()
            .mapToInt(c -> ColumnMeter.scale(Types.parse(c.type())))
            .toArray();
  }

  /** Adds what one task reported. Call once per task: reports are not told apart. */
  public void add(SliceReport report) {
    started = Math.min(started, report.started);
    outside += report.outside;
    files.addAll(report.files);
    report.rowsIn.forEach((input, rows) -> rowsIn.merge(input, rows, Long::sum));
    for (SliceTotals slice : report.totals) {
      totals
          .computeIfAbsent(
              slice.ordinal(), o -> new SliceTotals(o, output.schema().columns().size(), checks))
          .merge(slice);
    }
  }

  /** Every data file that was written. */
  public List<DataFile> files() {
    return files;
  }

  /** The size of the files. */
  public long bytes() {
    return files.stream().mapToLong(DataFile::fileSizeInBytes).sum();
  }

  /** Rows that belong to no slice of the job and were dropped. */
  public long outside() {
    return outside;
  }

  /** Rows that were measured, in all slices. */
  public long rows() {
    return totals.values().stream().mapToLong(SliceTotals::rows).sum();
  }

  /** Rows read per input, in the order of the inputs. */
  public List<Long> rowsIn(int inputs) {
    List<Long> list = new ArrayList<>();
    for (int i = 0; i < inputs; i++) {
      list.add(rowsIn.getOrDefault(i, 0L));
    }
    return list;
  }

  /** Rows that left the transform, where they were counted before they changed tasks. */
  public OptionalLong made() {
    Long made = rowsIn.get(SliceReport.MADE);
    return made == null ? OptionalLong.empty() : OptionalLong.of(made);
  }

  /** Since the first task started. */
  public long millis() {
    return Math.max(0, System.currentTimeMillis() - Math.min(started, System.currentTimeMillis()));
  }

  /** All of these slices, also those without rows, and every other that got rows; in order. */
  public List<SliceTotals> slices(SliceSet asked) {
    TreeMap<Long, SliceTotals> all = new TreeMap<>(totals);
    int columns = output.schema().columns().size();
    asked.forEach(o -> all.putIfAbsent(o, new SliceTotals(o, columns, checks)));
    return List.copyOf(all.values());
  }

  /** What was measured, as evidence and documents hold it. */
  public List<SliceStats> stats(List<SliceTotals> slices) {
    List<String> names = output.schema().names();
    return slices.stream().map(s -> s.stats(names, scales)).toList();
  }

  /** The ordered stamp with its content filled in. */
  public static Stamp stamped(Stamp stamp, JobSpec.Output output, List<SliceStats> slices) {
    List<Stamp.SliceDigest> digests =
        slices.stream()
            .sorted(Comparator.comparingLong(SliceStats::ordinal))
            .map(s -> new Stamp.SliceDigest(s.ordinal(), s.rows(), s.hash()))
            .toList();
    return new Stamp(
        stamp.key(),
        stamp.kind(),
        stamp.dataset(),
        stamp.origin(),
        new Stamp.Content(output.layout().slice(), digests, stamp.content().changedColumns()),
        stamp.note());
  }
}
