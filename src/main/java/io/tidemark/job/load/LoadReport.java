package io.tidemark.job.load;

import java.io.Serializable;
import java.util.List;
import org.apache.iceberg.DataFile;

/**
 * What one task of a load tells the committer of records that could not be read.
 *
 * @param found how many rows the files that could be read have, good or bad
 * @param deadLetters how many rows are lost
 * @param unreadable how many files of which nothing could be read
 * @param problems the first few
 * @param files of the dead-letter table
 */
record LoadReport(
    long found, long deadLetters, long unreadable, List<FileProblem> problems, List<DataFile> files)
    implements Serializable {

  /** How many problems a person is shown. */
  static final int SHOWN = 10;

  /**
   * @param index of the file among the load's
   */
  record FileProblem(int index, String file, long line, String reason)
      implements Serializable, Comparable<FileProblem> {
    @Override
    public int compareTo(FileProblem other) {
      int by = Integer.compare(index, other.index);
      return by != 0 ? by : Long.compare(line, other.line);
    }

    @Override
    public String toString() {
      return line == 0 ? file + ": " + reason : file + ":" + line + ": " + reason;
    }
  }
}
