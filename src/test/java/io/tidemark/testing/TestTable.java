package io.tidemark.testing;

import io.tidemark.model.JobSpec.CatalogSpec;
import io.tidemark.model.TableRef;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.CatalogUtil;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.OverwriteFiles;
import org.apache.iceberg.PartitionKey;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.SupportsNamespaces;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.data.GenericAppenderFactory;
import org.apache.iceberg.data.InternalRecordWrapper;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.encryption.EncryptedFiles;
import org.apache.iceberg.encryption.EncryptionKeyMetadata;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.io.DataWriter;

/** An Iceberg table on disk that tests fill with rows of their own, without Flink. */
public final class TestTable {
  private final Table table;

  private TestTable(Table table) {
    this.table = table;
  }

  /** A catalog of files in a folder: the simplest real one. */
  public static CatalogSpec catalog(Path folder) {
    TreeMap<String, String> properties = new TreeMap<>();
    properties.put("type", "hadoop");
    properties.put("warehouse", folder.toUri().toString());
    return new CatalogSpec("test", properties);
  }

  public static TestTable create(
      CatalogSpec spec, TableRef ref, Schema schema, PartitionSpec partitions) {
    Catalog catalog =
        CatalogUtil.buildIcebergCatalog(spec.name(), spec.properties(), new Configuration());
    Namespace namespace = Namespace.of(ref.namespace());
    if (!((SupportsNamespaces) catalog).namespaceExists(namespace)) {
      ((SupportsNamespaces) catalog).createNamespace(namespace);
    }
    return new TestTable(
        catalog.createTable(
            TableIdentifier.of(namespace, ref.name()),
            schema,
            partitions,
            Map.of("format-version", "2")));
  }

  public Table table() {
    return table;
  }

  /** Makes main hold exactly these rows; gives the snapshot. */
  public long replace(List<Record> rows) {
    OverwriteFiles overwrite = table.newOverwrite().overwriteByRowFilter(Expressions.alwaysTrue());
    write(rows).forEach(overwrite::addFile);
    overwrite.commit();
    table.refresh();
    return table.currentSnapshot().snapshotId();
  }

  private List<DataFile> write(List<Record> rows) {
    Map<PartitionKey, List<Record>> partitions = new HashMap<>();
    PartitionKey key = new PartitionKey(table.spec(), table.schema());
    InternalRecordWrapper wrapper = new InternalRecordWrapper(table.schema().asStruct());
    for (Record row : rows) {
      key.partition(wrapper.wrap(row));
      partitions.computeIfAbsent(key.copy(), k -> new ArrayList<>()).add(row);
    }
    List<DataFile> files = new ArrayList<>();
    partitions.forEach((partition, part) -> files.add(file(partition, part)));
    return files;
  }

  private DataFile file(PartitionKey partition, List<Record> rows) {
    String name = UUID.randomUUID() + ".parquet";
    String path =
        table.spec().isPartitioned()
            ? table.locationProvider().newDataLocation(table.spec(), partition, name)
            : table.locationProvider().newDataLocation(name);
    DataWriter<Record> writer =
        new GenericAppenderFactory(table.schema(), table.spec())
            .newDataWriter(
                EncryptedFiles.encryptedOutput(
                    table.io().newOutputFile(path), EncryptionKeyMetadata.EMPTY),
                FileFormat.PARQUET,
                partition);
    try (writer) {
      writer.write(rows);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return writer.toDataFile();
  }
}
