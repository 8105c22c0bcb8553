package io.tidemark.model;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A fully resolved order to the cluster: the job plans nothing and asks nobody. Its key makes it
 * idempotent: a job whose key is already stamped on the branch, or whose result file exists, does
 * nothing.
 */
public sealed interface JobSpec {
  /** The Flink accumulator in which a job counts the rows it has written, for progress. */
  String ROWS_WRITTEN = "tidemark-rows-written";

  /** The idempotence key; part of the Flink job's name. */
  String key();

  CatalogSpec catalog();

  /** Where the job writes its result document, through the output table's FileIO. */
  String resultPath();

  /**
   * An Iceberg catalog.
   *
   * @param name keys the rows of JDBC catalogs, so it must be the same everywhere
   * @param properties as {@code CatalogUtil.buildIcebergCatalog} reads them; may hold secrets, so
   *     never log them
   */
  record CatalogSpec(String name, SortedMap<String, String> properties) {
    public CatalogSpec {
      properties = Collections.unmodifiableSortedMap(new TreeMap<>(properties));
    }

    @Override
    public String toString() {
      return "CatalogSpec[" + name + ", " + properties.keySet() + "]";
    }
  }

  /**
   * An input as the job reads it.
   *
   * @param ranges event time to read; {@link TimeRanges#ALL} without event time
   * @param schema the declared columns, whose types queries see; columns that it has not are as in
   *     the table
   */
  record Input(
      DatasetId name,
      TableRef table,
      long snapshot,
      Layout layout,
      TimeRanges ranges,
      Schema schema) {

    /** An input whose columns are all as in the table. */
    public Input(DatasetId name, TableRef table, long snapshot, Layout layout, TimeRanges ranges) {
      this(name, table, snapshot, layout, ranges, new Schema(List.of()));
    }

    /** A dataset at a snapshot, with the columns and layout that the graph gives it. */
    public static Input of(Dataset dataset, long snapshot, TimeRanges ranges) {
      return new Input(
          dataset.id(),
          dataset.table(),
          snapshot,
          dataset.layout(),
          dataset.layout().eventTime().isEmpty() ? TimeRanges.ALL : ranges,
          dataset.schema());
    }
  }

  /**
   * Where rows go.
   *
   * @param branch the Iceberg branch; {@code main} for loads
   * @param slices what may be written; a row outside is counted and dropped by builds
   */
  record Output(
      DatasetId name,
      TableRef table,
      String branch,
      Schema schema,
      List<String> key,
      Layout layout,
      SliceSet slices) {
    public Output {
      key = List.copyOf(key);
    }

    /** A dataset's table, with the schema, key and layout that the graph gives it. */
    public static Output of(Dataset dataset, String branch, SliceSet slices) {
      return new Output(
          dataset.id(),
          dataset.table(),
          branch,
          dataset.schema(),
          dataset.key(),
          dataset.layout(),
          slices);
    }
  }

  /**
   * Recomputes slices: replaces the files that the branch holds for them by the rows that the
   * transform makes from the inputs, in one commit.
   *
   * @param checks the expectations to evaluate in the pass that writes
   * @param stamp written to the snapshot summary once its content is filled in
   */
  record Build(
      String key,
      CatalogSpec catalog,
      Transform transform,
      List<Input> inputs,
      Output output,
      List<Expectation> checks,
      Stamp stamp,
      String resultPath)
      implements JobSpec {
    public Build {
      inputs = List.copyOf(inputs);
      checks = List.copyOf(checks);
    }
  }

  /**
   * Checks a candidate's slices and diffs them by key against the base. Slices that are known to be
   * equal are not named here.
   *
   * @param output the table, with the slices to read
   * @param base the snapshot to compare with; empty when main held nothing
   * @param candidate the branch's snapshot
   * @param checks the expectations that need a pass of their own
   * @param inputs the datasets that the checks refer to
   * @param samples how many sample rows to keep per kind of difference
   */
  record Verify(
      String key,
      CatalogSpec catalog,
      Output output,
      Optional<Long> base,
      long candidate,
      Optional<ExpectedChange.Allowed> expected,
      List<Expectation> checks,
      List<Input> inputs,
      int samples,
      String resultPath)
      implements JobSpec {
    public Verify {
      checks = List.copyOf(checks);
      inputs = List.copyOf(inputs);
    }
  }

  /**
   * Puts files of rows into a table, what cannot be read into the dead-letter table. Rows of every
   * slice are welcome, whatever the output's slices say.
   *
   * @param files absolute paths or URIs
   * @param mode whether the rows come on top of the table's, as into a source, or instead of them,
   *     as into a reference
   * @param deadLetters the table for rows that cannot be read, made if it is missing
   * @param maxBadRatio above this share of bad rows (0 to 1) nothing is committed
   */
  record Load(
      String key,
      CatalogSpec catalog,
      List<String> files,
      Format format,
      Mode mode,
      Output output,
      TableRef deadLetters,
      double maxBadRatio,
      Stamp stamp,
      String resultPath)
      implements JobSpec {
    /** Where rows of files for a dataset's table go that cannot be read. */
    public static TableRef deadLetters(TableRef table) {
      return new TableRef(table.namespace(), table.name() + "_dead_letters");
    }

    /** How the files are written. */
    public enum Format {
      CSV,
      JSON_LINES,
      PARQUET
    }

    /** What happens to the rows that the table holds. */
    public enum Mode {
      APPEND,
      REPLACE
    }

    public Load {
      files = List.copyOf(files);
    }
  }

  /**
   * Writes slices of main anew into fewer files, in one commit that replaces files by files: the
   * same rows as before, or nothing. A slice whose files somebody replaced meanwhile is left out.
   *
   * @param output the table and the slices; its branch only names the files, the commit is main's
   * @param snapshot main's, whose files are rewritten
   * @param known what slices are known to hold, those of which it is known
   */
  record Compact(
      String key,
      CatalogSpec catalog,
      Output output,
      long snapshot,
      List<Stamp.SliceDigest> known,
      Stamp stamp,
      String resultPath)
      implements JobSpec {
    public Compact {
      known = List.copyOf(known);
    }
  }

  /**
   * Tries out where tasks run what they need, on a table that is made to be thrown away. Whatever
   * fails, the job fails with problems that name the process; else its result document names all
   * processes that tried, one a line.
   *
   * @param folder a location in the warehouse below which tasks may write files
   * @param checkpoints a URI that Flink's file systems know, below which the same is tried; empty
   *     where none is named
   * @param tasks how many try; at least 1
   */
  record Probe(
      String key,
      CatalogSpec catalog,
      TableRef table,
      String folder,
      Optional<String> checkpoints,
      int tasks,
      String resultPath)
      implements JobSpec {}
}
