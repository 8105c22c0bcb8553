package io.tidemark.lake.setup;

import io.tidemark.lake.files.SliceIndex;
import io.tidemark.lake.refs.Refs;
import io.tidemark.lake.refs.Tables;
import io.tidemark.lake.refs.Trouble;
import io.tidemark.model.Column;
import io.tidemark.model.Column.Nullability;
import io.tidemark.model.Dataset;
import io.tidemark.model.Grain;
import io.tidemark.model.Problem;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.UpdateSchema;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.SupportsNamespaces;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.exceptions.AlreadyExistsException;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;

/** Makes a dataset's table, or mends it as far as adding columns goes. */
public final class Setup {
  private final Tables tables;
  private final Refs refs;
  private final Guard guard;

  public Setup(Tables tables, Refs refs, Guard guard) {
    this.tables = tables;
    this.refs = refs;
    this.guard = guard;
  }

  public void ensure(Dataset dataset) {
    TableRef ref = dataset.table();
    boolean made = false;
    if (tables.find(ref).isEmpty()) {
      made = create(dataset);
    }
    refs.attempt(ref, table -> mend(dataset, table));
    if (made || dataset.kind() == Dataset.Kind.DERIVED) {
      guard.ensure(ref);
    }
  }

  private boolean create(Dataset dataset) {
    TableIdentifier id = Tables.identifier(dataset.table());
    Schema schema = ColumnTypes.write(dataset.schema());
    try {
      if (tables.catalog() instanceof SupportsNamespaces namespaces) {
        createNamespaces(namespaces, id.namespace());
      }
      tables
          .catalog()
          .buildTable(id, schema)
          .withPartitionSpec(spec(dataset, schema))
          .withProperties(properties(dataset))
          .create();
      return true;
    } catch (AlreadyExistsException e) {
      return false; // by another process since we looked; it is checked like any other
    }
  }

  private static void createNamespaces(SupportsNamespaces namespaces, Namespace namespace) {
    for (int i = 1; i <= namespace.length(); i++) {
      Namespace level = Namespace.of(java.util.Arrays.copyOf(namespace.levels(), i));
      if (!namespaces.namespaceExists(level)) {
        try {
          namespaces.createNamespace(level);
        } catch (AlreadyExistsException e) {
          continue;
        }
      }
    }
  }

  private static PartitionSpec spec(Dataset dataset, Schema schema) {
    PartitionSpec.Builder spec = PartitionSpec.builderFor(schema);
    Grain grain = dataset.layout().partition();
    if (grain == Grain.ALL) {
      return spec.build();
    }
    String column = dataset.layout().eventTime().orElseThrow();
    Types.NestedField field = schema.asStruct().field(column);
    String what =
        "table '"
            + dataset.table()
            + "' cannot be partitioned by "
            + grain.text()
            + " of column '"
            + column
            + "'";
    if (field == null || (grain == Grain.HOUR && field.type().typeId() == Type.TypeID.DATE)) {
      throw TidemarkException.user(
          Problem.of(
              "TM-LAKE-012",
              what,
              field == null ? "the schema has no such column" : "a DATE has no hours",
              "name a column of type TIMESTAMP or TIMESTAMP_LTZ, or a coarser partition"));
    }
    try {
      return switch (grain) {
        case HOUR -> spec.hour(column).build();
        case DAY -> spec.day(column).build();
        case MONTH -> spec.month(column).build();
        case YEAR -> spec.year(column).build();
        case ALL -> spec.build();
      };
    } catch (IllegalArgumentException | org.apache.iceberg.exceptions.ValidationException e) {
      throw TidemarkException.user(
          Problem.of(
              "TM-LAKE-012",
              what,
              Trouble.reason(e),
              "name a column of type DATE, TIMESTAMP or TIMESTAMP_LTZ as the event time"));
    }
  }

  private static Map<String, String> properties(Dataset dataset) {
    Map<String, String> properties = new TreeMap<>();
    properties.put(TableProperties.FORMAT_VERSION, "2");
    properties.put(TableProperties.DEFAULT_FILE_FORMAT, "parquet");
    properties.put(TableProperties.PARQUET_COMPRESSION, "zstd");
    properties.put(TableProperties.METADATA_DELETE_AFTER_COMMIT_ENABLED, "true");
    properties.put(TableProperties.METADATA_PREVIOUS_VERSIONS_MAX, "50");
    properties.put(TableProperties.COMMIT_NUM_RETRIES, "20");
    properties.put(TableProperties.COMMIT_MIN_RETRY_WAIT_MS, "50");
    properties.put(TableProperties.COMMIT_MAX_RETRY_WAIT_MS, "2000");
    // Slices are found by these bounds, also in tables too wide for statistics of every column.
    dataset
        .layout()
        .eventTime()
        .ifPresent(
            c -> properties.put(TableProperties.METRICS_MODE_COLUMN_CONF_PREFIX + c, "full"));
    return properties;
  }

  private static void mend(Dataset dataset, Table table) {
    List<Problem> problems = new ArrayList<>();
    List<Column> missing = new ArrayList<>();
    for (Column column : dataset.schema().columns()) {
      Types.NestedField field = table.schema().asStruct().field(column.name());
      if (field == null) {
        missing.add(column);
      } else {
        compare(dataset, column, field, problems);
      }
    }
    boolean derived = dataset.kind() == Dataset.Kind.DERIVED;
    for (Types.NestedField field : table.schema().columns()) {
      if (derived && dataset.schema().find(field.name()).isEmpty()) {
        problems.add(differs(dataset, "has a column '" + field.name() + "' that is not declared"));
      }
    }
    for (Column column : missing) {
      if (column.nullability() == Nullability.REQUIRED) {
        problems.add(
            differs(
                dataset,
                "lacks the column '"
                    + column.name()
                    + "', which is declared NOT NULL and so cannot"
                    + " be added to rows that are there"));
      }
    }
    if (derived) {
      comparePartitioning(dataset, table, problems);
    }
    if (!problems.isEmpty()) {
      throw TidemarkException.user(problems);
    }
    if (!missing.isEmpty()) {
      UpdateSchema update = table.updateSchema();
      missing.forEach(c -> update.addColumn(null, c.name(), ColumnTypes.type(c)));
      update.commit();
    }
  }

  private static void compare(
      Dataset dataset, Column column, Types.NestedField field, List<Problem> problems) {
    if (!ColumnTypes.same(field.type(), ColumnTypes.type(column))) {
      problems.add(
          differs(
              dataset,
              "has column '"
                  + column.name()
                  + "' as "
                  + ColumnTypes.text(field.type())
                  + " where "
                  + column.type()
                  + " is declared"));
    } else if (dataset.kind() == Dataset.Kind.DERIVED
        && field.isOptional() != (column.nullability() == Nullability.NULLABLE)) {
      problems.add(
          differs(
              dataset,
              "has column '"
                  + column.name()
                  + (field.isOptional() ? "' without NOT NULL" : "' with NOT NULL")
                  + " where the opposite is declared"));
    }
  }

  private static void comparePartitioning(Dataset dataset, Table table, List<Problem> problems) {
    if (dataset.layout().partition() == Grain.ALL) {
      return; // whether each file lies inside one slice is checked file by file
    }
    SliceIndex index = SliceIndex.of(dataset.table(), table, dataset.layout());
    if (!index.alignedBySpec(table.spec().specId())) {
      problems.add(
          differs(
              dataset,
              "is partitioned by "
                  + (table.spec().isUnpartitioned() ? "nothing" : table.spec().fields())
                  + " where "
                  + dataset.layout().partition().text()
                  + " of "
                  + dataset.layout().eventTime().orElse("")
                  + " is declared"));
    }
  }

  private static Problem differs(Dataset dataset, String how) {
    return Problem.of(
        "TM-LAKE-013",
        "table '" + dataset.table() + "' of dataset '" + dataset.id() + "' " + how,
        "an existing table is only ever changed by adding columns that may be NULL",
        "declare it as it is, or name a new table for the new shape");
  }
}
