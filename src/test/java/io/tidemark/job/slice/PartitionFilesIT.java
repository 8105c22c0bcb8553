package io.tidemark.job.slice;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.model.TableRef;
import io.tidemark.testing.LakeFixture;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.SupportsNamespaces;
import org.apache.iceberg.flink.FlinkSchemaUtil;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PartitionFilesIT {
  private static final Schema SCHEMA =
      new Schema(
          Types.NestedField.optional(1, "day", Types.DateType.get()),
          Types.NestedField.optional(2, "region", Types.StringType.get()));

  @TempDir private Path dir;

  private static RowData row(int day, String region) {
    return GenericRowData.of(day, StringData.fromString(region));
  }

  private Table table(LakeFixture fixture, PartitionSpec spec, Map<String, String> properties) {
    ((SupportsNamespaces) fixture.catalog()).createNamespace(Namespace.of("ns"));
    return fixture
        .catalog()
        .createTable(
            LakeFixture.identifier(TableRef.parse("ns.t")), SCHEMA, spec, null, properties);
  }

  private static PartitionFiles files(Table table, int maxOpen) {
    Rows rows = new Rows(FlinkSchemaUtil.convert(SCHEMA), Optional.of("day"), 0);
    return new PartitionFiles(table, rows, "tidemark-run-r1", 0, 0, maxOpen);
  }

  @Test
  void neverMoreFilesAreOpenThanAllowed() {
    try (LakeFixture fixture = new LakeFixture(LakeFixture.sqlite(dir))) {
      Table table = table(fixture, PartitionSpec.builderFor(SCHEMA).day("day").build(), Map.of());
      PartitionFiles files = files(table, 3);
      for (int round = 0; round < 2; round++) {
        for (int day = -5; day < 5; day++) {
          files.write(row(day, "r" + round));
        }
      }
      List<DataFile> written = files.complete();
      assertThat(files.mostOpen()).isEqualTo(3);
      assertThat(written).hasSize(20).allMatch(f -> f.recordCount() == 1);
      var append = table.newAppend();
      written.forEach(append::appendFile);
      append.commit();
      assertThat(fixture.rows(TableRef.parse("ns.t"))).hasSize(20);
    }
  }

  @Test
  void anyOtherPartitioningWorksToo() {
    try (LakeFixture fixture = new LakeFixture(LakeFixture.sqlite(dir))) {
      Table table =
          table(
              fixture,
              PartitionSpec.builderFor(SCHEMA).month("day").identity("region").build(),
              Map.of());
      PartitionFiles files = files(table, 16);
      for (int day = 0; day < 60; day++) {
        files.write(row(day, day % 2 == 0 ? "a" : "b/c"));
      }
      assertThat(files.complete()).hasSize(5);
    }
  }

  @Test
  void whatIsAbortedIsGone() throws Exception {
    try (LakeFixture fixture = new LakeFixture(LakeFixture.sqlite(dir))) {
      Table table = table(fixture, PartitionSpec.builderFor(SCHEMA).day("day").build(), Map.of());
      PartitionFiles files = files(table, 2);
      for (int day = 0; day < 5; day++) {
        files.write(row(day, "x"));
      }
      files.abort();
      try (Stream<Path> left = Files.walk(dir)) {
        assertThat(left.filter(f -> f.toString().endsWith(".parquet"))).isEmpty();
      }
    }
  }
}
