package io.tidemark.testing;

import io.tidemark.model.Dataset;
import io.tidemark.model.JobSpec.CatalogSpec;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.StampSummary;
import io.tidemark.model.TableRef;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.AppendFiles;
import org.apache.iceberg.CatalogUtil;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.OverwriteFiles;
import org.apache.iceberg.PartitionKey;
import org.apache.iceberg.RewriteFiles;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.data.GenericFileWriterFactory;
import org.apache.iceberg.data.GenericRecord;
import org.apache.iceberg.data.IcebergGenerics;
import org.apache.iceberg.data.InternalRecordWrapper;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.encryption.EncryptedFiles;
import org.apache.iceberg.encryption.EncryptedOutputFile;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.io.DataWriter;
import org.apache.iceberg.types.Types;

/**
 * Writes and reads real Iceberg tables the way other engines do: Parquet files through the generic
 * writers, one file per partition and call. Rows are lists of values in column order; instants may
 * stand for any kind of timestamp.
 */
public final class LakeFixture implements Closeable {
  private final CatalogSpec spec;
  private final Catalog catalog;

  public LakeFixture(CatalogSpec spec) {
    this.spec = spec;
    this.catalog =
        CatalogUtil.buildIcebergCatalog(spec.name(), spec.properties(), new Configuration());
  }

  /** A JDBC catalog in a SQLite file beside its warehouse. */
  public static CatalogSpec sqlite(Path dir) {
    TreeMap<String, String> properties = new TreeMap<>();
    properties.put("type", "jdbc");
    properties.put("uri", "jdbc:sqlite:" + dir.resolve("catalog.db"));
    properties.put("warehouse", dir.resolve("warehouse").toString());
    properties.put("jdbc.journal_mode", "WAL");
    properties.put("jdbc.busy_timeout", "30000");
    return new CatalogSpec("lake", properties);
  }

  /** A JDBC catalog in any database. */
  public static CatalogSpec jdbc(String url, Path dir) {
    TreeMap<String, String> properties = new TreeMap<>();
    properties.put("type", "jdbc");
    properties.put("uri", url);
    properties.put("warehouse", dir.resolve("warehouse").toString());
    return new CatalogSpec("lake", properties);
  }

  /** A catalog that is nothing but folders. */
  public static CatalogSpec hadoop(Path dir) {
    TreeMap<String, String> properties = new TreeMap<>();
    properties.put("type", "hadoop");
    properties.put("warehouse", dir.resolve("warehouse").toString());
    return new CatalogSpec("lake", properties);
  }

  public CatalogSpec spec() {
    return spec;
  }

  public Catalog catalog() {
    return catalog;
  }

  /** Read from the catalog anew. */
  public Table table(TableRef ref) {
    return catalog.loadTable(identifier(ref));
  }

  public static TableIdentifier identifier(TableRef ref) {
    return TableIdentifier.of(Namespace.of(ref.namespace().split("\\.")), ref.name());
  }

  /** Main's snapshot; 0 without one. */
  public long head(TableRef ref) {
    Table table = table(ref);
    return table.currentSnapshot() == null ? 0 : table.currentSnapshot().snapshotId();
  }

  /** A branch's snapshot. */
  public long head(TableRef ref, String branch) {
    return table(ref).snapshot(branch).snapshotId();
  }

  /** Writes data files without committing them. */
  public List<DataFile> write(TableRef ref, List<List<Object>> rows) {
    return write(table(ref), rows);
  }

  /** Writes data files under the table's current partition spec, one per partition. */
  public static List<DataFile> write(Table table, List<List<Object>> rows) {
    Map<PartitionKey, List<Record>> byPartition = new LinkedHashMap<>();
    InternalRecordWrapper wrapper = new InternalRecordWrapper(table.schema().asStruct());
    for (List<Object> row : rows) {
      Record record = record(table.schema(), row);
      PartitionKey key = new PartitionKey(table.spec(), table.schema());
      key.partition(wrapper.wrap(record));
      byPartition.computeIfAbsent(key, k -> new ArrayList<>()).add(record);
    }
    List<DataFile> files = new ArrayList<>();
    byPartition.forEach((key, records) -> files.add(file(table, key, records)));
    return files;
  }

  private static DataFile file(Table table, PartitionKey key, List<Record> records) {
    GenericFileWriterFactory factory =
        new GenericFileWriterFactory.Builder(table)
            .dataFileFormat(FileFormat.PARQUET)
            .dataSchema(table.schema())
            .build();
    String name = UUID.randomUUID() + ".parquet";
    EncryptedOutputFile out =
        EncryptedFiles.plainAsEncryptedOutput(
            table
                .io()
                .newOutputFile(
                    key.size() == 0
                        ? table.locationProvider().newDataLocation(name)
                        : table.locationProvider().newDataLocation(table.spec(), key, name)));
    DataWriter<Record> writer = factory.newDataWriter(out, table.spec(), key);
    try (writer) {
      records.forEach(writer::write);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return writer.toDataFile();
  }

  private static Record record(Schema schema, List<Object> row) {
    GenericRecord record = GenericRecord.create(schema);
    for (int i = 0; i < row.size(); i++) {
      record.set(i, value(schema.columns().get(i), row.get(i)));
    }
    return record;
  }

  private static Object value(Types.NestedField field, Object value) {
    if (!(value instanceof Instant instant)) {
      return value;
    }
    return switch (field.type().typeId()) {
      case DATE -> LocalDateTime.ofInstant(instant, ZoneOffset.UTC).toLocalDate();
      case TIMESTAMP ->
          ((Types.TimestampType) field.type()).shouldAdjustToUTC()
              ? OffsetDateTime.ofInstant(instant, ZoneOffset.UTC)
              : LocalDateTime.ofInstant(instant, ZoneOffset.UTC);
      default -> value;
    };
  }

  /** Appends rows to main as a foreign writer would: without a stamp. */
  public long append(TableRef ref, List<List<Object>> rows) {
    return append(ref, "main", rows, Map.of());
  }

  /** Appends rows to a branch with summary properties. */
  public long append(
      TableRef ref, String branch, List<List<Object>> rows, Map<String, String> summary) {
    Table table = table(ref);
    AppendFiles append = table.newAppend().toBranch(branch);
    write(table, rows).forEach(append::appendFile);
    summary.forEach(append::set);
    append.commit();
    return head(branch, table(ref));
  }

  private static long head(String branch, Table table) {
    return table.snapshot(branch).snapshotId();
  }

  /**
   * What a build does: replaces what a branch holds for slices by rows, in one stamped commit.
   *
   * @param files the data files that hold any row of the slices are found by their partition
   */
  public long build(
      Dataset dataset, String branch, SliceSet slices, List<List<Object>> rows, Stamp stamp) {
    Table table = table(dataset.table());
    OverwriteFiles overwrite = table.newOverwrite().toBranch(branch);
    files(table, head(branch, table)).stream()
        .filter(f -> holds(table, dataset, f, slices))
        .forEach(overwrite::deleteFile);
    write(table, rows).forEach(overwrite::addFile);
    StampSummary.write(stamp).forEach(overwrite::set);
    overwrite.commit();
    return head(branch, table(dataset.table()));
  }

  /** Whether a file's earliest row lies in one of the slices. */
  private static boolean holds(Table table, Dataset dataset, DataFile file, SliceSet slices) {
    if (dataset.layout().eventTime().isEmpty()) {
      return true;
    }
    Types.NestedField field = table.schema().asStruct().field(dataset.layout().eventTime().get());
    if (!file.lowerBounds().containsKey(field.fieldId())) {
      return false;
    }
    Object lower =
        org.apache.iceberg.types.Conversions.fromByteBuffer(
            field.type(), file.lowerBounds().get(field.fieldId()));
    Instant at =
        lower instanceof Integer days
            ? Instant.ofEpochSecond(days * 86400L)
            : Instant.EPOCH.plus((Long) lower, java.time.temporal.ChronoUnit.MICROS);
    return slices.contains(dataset.layout().slice().ordinal(at));
  }

  /** The live files of a snapshot with their statistics. */
  public static List<DataFile> files(Table table, long snapshot) {
    List<DataFile> files = new ArrayList<>();
    if (snapshot == 0) {
      return files;
    }
    try (CloseableIterable<FileScanTask> tasks =
        table.newScan().useSnapshot(snapshot).includeColumnStats().planFiles()) {
      tasks.forEach(t -> files.add(t.file().copy()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return files;
  }

  /** Rewrites the live files of main, all rows of a partition into one file. */
  public void compact(TableRef ref) {
    Table table = table(ref);
    long head = head(ref);
    List<DataFile> old = files(table, head);
    if (old.isEmpty()) {
      return;
    }
    RewriteFiles rewrite = table.newRewrite().validateFromSnapshot(head);
    old.forEach(rewrite::deleteFile);
    write(table, read(ref, head)).forEach(rewrite::addFile);
    rewrite.commit();
  }

  /** Deletes old snapshots, and their files, as an engine's maintenance does. */
  public void expire(TableRef ref) {
    table(ref)
        .expireSnapshots()
        .expireOlderThan(System.currentTimeMillis() + 1)
        .retainLast(1)
        .commit();
  }

  /** Every row of a snapshot as text, sorted; none for snapshot 0. Reads every data file. */
  public List<String> rows(TableRef ref, long snapshot) {
    return read(ref, snapshot).stream().map(String::valueOf).sorted().toList();
  }

  /** Every row of main. */
  public List<String> rows(TableRef ref) {
    return rows(ref, head(ref));
  }

  /** Every row of main, in any order. */
  public List<List<Object>> values(TableRef ref) {
    return read(ref, head(ref));
  }

  /**
   * What main holds for each hour of the day, as two digits.
   *
   * @param time which column says the hour
   * @param value which one is summed up
   */
  public Map<String, Long> perHour(TableRef ref, int time, int value) {
    return values(ref).stream()
        .collect(
            Collectors.groupingBy(
                row -> row.get(time).toString().substring(11, 13),
                TreeMap::new,
                Collectors.summingLong(row -> (Long) row.get(value))));
  }

  private List<List<Object>> read(TableRef ref, long snapshot) {
    List<List<Object>> rows = new ArrayList<>();
    if (snapshot == 0) {
      return rows;
    }
    Table table = table(ref);
    Schema schema = table.schema();
    try (CloseableIterable<Record> records =
        IcebergGenerics.read(table).useSnapshot(snapshot).build()) {
      for (Record record : records) {
        List<Object> row = new ArrayList<>();
        for (Types.NestedField field : schema.columns()) {
          row.add(
              record.struct().field(field.name()) == null ? null : record.getField(field.name()));
        }
        rows.add(row);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return rows;
  }

  @Override
  public void close() {
    if (catalog instanceof Closeable closeable) {
      try {
        closeable.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
