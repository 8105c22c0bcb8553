package io.tidemark.bench;

import io.tidemark.job.catalog.LocalFiles;
import io.tidemark.lake.Lake;
import io.tidemark.lake.Lakes;
import io.tidemark.model.Column;
import io.tidemark.model.ContentHash;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Environment;
import io.tidemark.model.Governance;
import io.tidemark.model.Grain;
import io.tidemark.model.JobSpec.CatalogSpec;
import io.tidemark.model.Layout;
import io.tidemark.model.Schema;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.StampSummary;
import io.tidemark.model.TableRef;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.iceberg.CatalogUtil;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.Metrics;
import org.apache.iceberg.OverwriteFiles;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.io.CloseableIterable;

/**
 * P5: publish and revert of many files against the bare Iceberg commit that exchanges the same
 * files, with the lists of files already in hand and nothing checked. The files exist in metadata
 * only: no part of a publish opens one.
 */
final class MetadataBench {
  private static final int DAYS = 100;
  private static final int FILES_PER_DAY = 100;
  private static final int ROUNDS = 7;
  private static final int WARM_UP = 2;
  private static final long FIRST_DAY = 11_323;
  private static final SliceSet SLICES = SliceSet.range(Grain.DAY, FIRST_DAY, FIRST_DAY + DAYS);

  private final Path work;

  MetadataBench(Path work) {
    this.work = work;
  }

  /** Two sizes in turns, so that a busy moment of the machine hits both. */
  void run(Report report) throws IOException {
    Files.createDirectories(work);
    try (Arena small = new Arena(work, 10_000);
        Arena large = new Arena(work, 100_000)) {
      for (int round = 0; round < ROUNDS; round++) {
        small.round(round);
        large.round(round);
      }
      report.line(
          "exchange of %d files: publish %.0f ms, revert %.0f ms; bare commit %.0f ms, and back"
              + " %.0f ms",
          DAYS * FILES_PER_DAY,
          median(small.publish) * 1000,
          median(small.revert) * 1000,
          median(small.bare) * 1000,
          median(small.bareBack) * 1000);
      goal(report, "publish, 10,000 files / bare commit", small.publish, small.bare, 1.2);
      goal(report, "revert, 10,000 files / bare commit", small.revert, small.bareBack, 1.2);
      goal(report, "publish, 10 × the rows", large.publish, small.publish, 1.0);
      goal(report, "revert, 10 × the rows", large.revert, small.revert, 1.0);
    }
  }

  private static void goal(
      Report report, String measure, double[] own, double[] peer, double goal) {
    report.goal("P5", measure, median(own) / median(peer), goal, 1.5);
  }

  /** A table that is published to, and one of the same files that is committed to. */
  private static final class Arena implements AutoCloseable {
    private final long rowsPerFile;
    private final Lake lake;
    private final Catalog catalog;
    private final Dataset dataset;
    private final Dataset peer;
    private final List<DataFile> peerOld;
    private final double[] publish = new double[ROUNDS];
    private final double[] revert = new double[ROUNDS];
    private final double[] bare = new double[ROUNDS];
    private final double[] bareBack = new double[ROUNDS];

    Arena(Path work, long rowsPerFile) {
      this.rowsPerFile = rowsPerFile;
      Map<String, String> properties = new TreeMap<>();
      properties.put("type", "jdbc");
      properties.put("uri", "jdbc:sqlite:" + work.resolve("catalog.db"));
      properties.put("jdbc.schema-version", "V1");
      properties.put("warehouse", work.resolve("warehouse").toUri().toString());
      // Both write local files in the way that Tidemark does.
      this.lake =
          Lakes.open(
              new CatalogSpec("bench", new TreeMap<>(properties)),
              Clock.systemUTC(),
              Environment.Limits.REVERT_WINDOW,
              LocalFiles.configuration());
      this.catalog =
          CatalogUtil.buildIcebergCatalog("bench", properties, LocalFiles.configuration());
      String name = "t" + rowsPerFile + "_" + System.nanoTime();
      this.dataset = dataset(name);
      this.peer = dataset(name + "_bare");
      lake.ensure(dataset);
      lake.ensure(peer);
      Table table = table(catalog, dataset);
      append(table, files(table, "old", rowsPerFile));
      Table bareTable = table(catalog, peer);
      this.peerOld = files(bareTable, "old", rowsPerFile);
      append(bareTable, peerOld);
    }

    void round(int round) {
      String run = "run-" + round;
      Table table = table(catalog, dataset);
      long base = table.currentSnapshot().snapshotId();
      lake.branch(dataset.table(), run, base);
      long candidate = build(table, live(table), "new" + round, rowsPerFile, dataset, run);
      Stamp forth = stamp(dataset, run + "/publish", Stamp.Kind.PUBLISH);
      Stamp back = stamp(dataset, run + "/revert", Stamp.Kind.REVERT);
      long[] published = new long[1];
      publish[round] =
          time(() -> published[0] = done(lake.publish(dataset, base, candidate, SLICES, forth)));
      revert[round] = time(() -> done(lake.revert(dataset, published[0], SLICES, back)));
      lake.dropBranch(dataset.table(), run);
      List<DataFile> next = files(table(catalog, peer), "new" + round, rowsPerFile);
      bare[round] = time(() -> exchange(table(catalog, peer), peerOld, next));
      bareBack[round] = time(() -> exchange(table(catalog, peer), next, peerOld));
    }

    @Override
    public void close() {
      lake.close();
    }
  }

  private static long exchange(Table table, List<DataFile> from, List<DataFile> to) {
    OverwriteFiles overwrite = table.newOverwrite();
    from.forEach(overwrite::deleteFile);
    to.forEach(overwrite::addFile);
    overwrite.commit();
    return table.currentSnapshot().snapshotId();
  }

  private static long build(
      Table table, List<DataFile> old, String prefix, long rows, Dataset dataset, String run) {
    OverwriteFiles overwrite = table.newOverwrite().toBranch(run);
    old.forEach(overwrite::deleteFile);
    files(table, prefix, rows).forEach(overwrite::addFile);
    StampSummary.write(stamp(dataset, run + "/build", Stamp.Kind.BUILD)).forEach(overwrite::set);
    overwrite.commit();
    return table.snapshot(run).snapshotId();
  }

  private static List<DataFile> live(Table table) {
    List<DataFile> files = new ArrayList<>();
    try (CloseableIterable<FileScanTask> tasks = table.newScan().planFiles()) {
      tasks.forEach(t -> files.add(t.file()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return files;
  }

  private static void append(Table table, List<DataFile> files) {
    var append = table.newAppend();
    files.forEach(append::appendFile);
    append.commit();
  }

  private static List<DataFile> files(Table table, String prefix, long rows) {
    List<DataFile> files = new ArrayList<>();
    for (int day = 0; day < DAYS; day++) {
      for (int i = 0; i < FILES_PER_DAY; i++) {
        long from = (FIRST_DAY + day) * 86_400_000_000L;
        Map<Integer, Long> counts = new HashMap<>();
        Map<Integer, Long> nulls = new HashMap<>();
        Map<Integer, ByteBuffer> lower = new HashMap<>();
        Map<Integer, ByteBuffer> upper = new HashMap<>();
        for (int column = 1; column <= 3; column++) {
          counts.put(column, rows);
          nulls.put(column, 0L);
          lower.put(column, bytes(from + i));
          upper.put(column, bytes(from + 86_399_999_999L));
        }
        files.add(
            DataFiles.builder(table.spec())
                .withPath(table.location() + "/data/" + prefix + "-" + day + "-" + i + ".parquet")
                .withFileSizeInBytes(rows * 20)
                .withPartitionPath("at_day=" + Grain.DAY.label(FIRST_DAY + day))
                .withMetrics(new Metrics(rows, counts, counts, nulls, null, lower, upper))
                .build());
      }
    }
    return files;
  }

  private static ByteBuffer bytes(long value) {
    return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, value);
  }

  private static Table table(Catalog catalog, Dataset dataset) {
    return catalog.loadTable(
        TableIdentifier.of(dataset.table().namespace(), dataset.table().name()));
  }

  private static Dataset dataset(String name) {
    return new Dataset(
        DatasetId.of("t"),
        Dataset.Kind.DERIVED,
        new TableRef("bench", name),
        new Schema(
            List.of(
                Column.nullable("id", "BIGINT"),
                Column.nullable("at", "TIMESTAMP(6)"),
                Column.nullable("v", "BIGINT"))),
        List.of("id"),
        new Layout(Optional.of("at"), Grain.DAY, Grain.DAY),
        new Governance(Governance.Tier.STANDARD, "", "", List.of()));
  }

  private static Stamp stamp(Dataset dataset, String key, Stamp.Kind kind) {
    return new Stamp(
        key,
        kind,
        dataset.id(),
        Stamp.Origin.NONE,
        new Stamp.Content(
            Grain.DAY,
            SLICES
                .ordinals()
                .mapToObj(o -> new Stamp.SliceDigest(o, 1, new ContentHash(0, o)))
                .toList(),
            Stamp.Content.ANY_COLUMN),
        "");
  }

  private static long done(Lake.Outcome outcome) {
    if (outcome instanceof Lake.Done done) {
      return done.snapshot();
    }
    throw new IllegalStateException(outcome.toString());
  }

  private static double time(Runnable work) {
    long start = System.nanoTime();
    work.run();
    return (System.nanoTime() - start) / 1e9;
  }

  private static double median(double[] seconds) {
    double[] warm = Arrays.copyOfRange(seconds, WARM_UP, seconds.length);
    Arrays.sort(warm);
    return warm[warm.length / 2];
  }
}
