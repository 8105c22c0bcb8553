package io.tidemark.job.load;

import io.tidemark.job.load.LoadReport.FileProblem;
import io.tidemark.job.slice.PartitionFiles;
import io.tidemark.job.slice.Rows;
import io.tidemark.job.slice.SliceReport;
import io.tidemark.model.JobSpec;
import io.tidemark.model.RecordJson;
import io.tidemark.model.log.LogLine;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.OutputTag;
import org.apache.iceberg.Files;
import org.apache.iceberg.Table;
import org.apache.iceberg.io.InputFile;

/**
 * Reads the files whose positions it is given: rows go on, records that are none go to the
 * dead-letter table, which this task writes itself, and are reported to the committer.
 */
final class FileLoader extends AbstractStreamOperator<RowData>
    implements OneInputStreamOperator<Integer, RowData>, BoundedOneInput {
  private static final long serialVersionUID = 1;

  /** Carries the reports. */
  static final OutputTag<byte[]> REPORTS = new OutputTag<>("dead-letters", SliceReport.TYPE);

  private final String specJson;
  private final Table table;
  private final Table deadLetterTable;
  private final Rows rows;

  private transient JobSpec.Load spec;
  private transient PartitionFiles deadLetters;
  private transient List<FileProblem> problems;
  private transient long found;
  private transient long bad;
  private transient long unreadable;
  private transient boolean reported;

  /**
   * @param table serializable
   * @param deadLetterTable serializable
   */
  FileLoader(JobSpec.Load spec, Table table, Table deadLetterTable, Rows rows) {
    this.specJson = RecordJson.write(spec, JobSpec.Load.class);
    this.table = table;
    this.deadLetterTable = deadLetterTable;
    this.rows = rows;
  }

  @Override
  public void open() throws Exception {
    super.open();
    spec = RecordJson.read(specJson, JobSpec.Load.class);
    problems = new ArrayList<>();
    deadLetters =
        new PartitionFiles(
            deadLetterTable,
            DeadLetters.rows(),
            spec.output().branch(),
            getRuntimeContext().getTaskInfo().getIndexOfThisSubtask(),
            getRuntimeContext().getTaskInfo().getAttemptNumber(),
            1);
  }

  @Override
  public void processElement(StreamRecord<Integer> element) {
    int index = element.getValue();
    String file = spec.files().get(index);
    LoadTarget target = new Target(index, file);
    try {
      found += read(file, target);
    } catch (NotTheFile e) {
      throw e;
    } catch (UnreadableFile e) {
      unreadable++;
      target.bad(0, e.getMessage(), "", 1);
    } catch (IOException | RuntimeException e) {
      LOG.warn(
          LogLine.of("file-unreadable")
              .with("file", file)
              .with("reason", e.getClass().getName())
              .toString());
      unreadable++;
      target.bad(0, "it cannot be read: " + e.getClass().getSimpleName(), "", 1);
    }
  }

  private long read(String file, LoadTarget target) throws IOException, UnreadableFile {
    InputFile input = input(file);
    if (!input.exists()) {
      throw new UnreadableFile("there is no such file");
    }
    if (spec.format() == JobSpec.Load.Format.PARQUET) {
      return new ParquetRows(target).read(input);
    }
    try (InputStream raw = new BufferedInputStream(input.newStream());
        InputStream in = file.endsWith(".gz") ? new GZIPInputStream(raw) : raw) {
      TextFiles text = new TextFiles(target);
      return spec.format() == JobSpec.Load.Format.CSV ? text.csv(in) : text.jsonLines(in);
    }
  }

  /** Local paths are read as such: the table's own storage may be anywhere else. */
  private InputFile input(String file) {
    if (file.startsWith("file:")) {
      return Files.localInput(java.nio.file.Path.of(java.net.URI.create(file)).toFile());
    }
    return file.contains("://") ? table.io().newInputFile(file) : Files.localInput(file);
  }

  @Override
  public void endInput() {
    LoadReport report =
        new LoadReport(found, bad, unreadable, List.copyOf(problems), deadLetters.complete());
    output.collect(REPORTS, new StreamRecord<>(SliceReport.encode(report)));
    reported = true;
  }

  @Override
  public void close() throws Exception {
    if (deadLetters != null && !reported) {
      deadLetters.abort();
    }
    super.close();
  }

  /** Sends one file's rows and records on. */
  private final class Target extends LoadTarget {
    private final int index;
    private final String file;

    Target(int index, String file) {
      super(FileLoader.this.rows, spec.output());
      this.index = index;
      this.file = file;
    }

    @Override
    void row(GenericRowData row) {
      try {
        output.collect(new StreamRecord<>(row));
      } catch (RuntimeException e) {
        throw new NotTheFile(e);
      }
    }

    @Override
    void bad(long line, String reason, String raw, long lost) {
      bad += lost;
      problems.add(new FileProblem(index, file, line, reason));
      if (problems.size() > 2 * LoadReport.SHOWN) {
        Collections.sort(problems);
        problems.subList(LoadReport.SHOWN, problems.size()).clear();
      }
      try {
        deadLetters.write(DeadLetters.row(spec.key(), file, line, reason, lost, raw));
      } catch (RuntimeException e) {
        throw new NotTheFile(e);
      }
    }
  }

  /** What went wrong behind the reader, so that no file is blamed for it. */
  private static final class NotTheFile extends RuntimeException {
    private static final long serialVersionUID = 1;

    NotTheFile(RuntimeException cause) {
      super(cause);
    }
  }
}
