package io.tidemark.control;

import io.tidemark.cluster.Cluster;
import io.tidemark.lake.Lake;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Environment;
import io.tidemark.model.Origins;
import io.tidemark.model.TableRef;
import io.tidemark.model.doctor.Finding;
import io.tidemark.model.doctor.Sandbox;
import io.tidemark.store.Store;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * How the parts that an environment names are opened. Each method is called at most once per
 * environment, and only when an operation needs the part.
 */
public interface Openers {
  Lake lake(Environment environment);

  Store store(Environment environment);

  Cluster cluster(Environment environment);

  QueryEngine query(Environment environment);

  OriginReader origins(Environment environment);

  /**
   * Begins to answer Prometheus with what the door tells.
   *
   * @throws io.tidemark.model.TidemarkException USER if the address cannot be listened on
   */
  Endpoint endpoint(Control door, Operation.Serve where);

  /** Answers until it is closed. */
  interface Endpoint extends AutoCloseable {
    /** Where the metrics are. */
    String url();

    @Override
    void close();
  }

  /**
   * Tries the catalog out, without opening the lake; what keeps it from that is a finding.
   *
   * @param further tries more on a table that is thrown away afterwards; not called if none could
   *     be made
   */
  List<Finding> examineCatalog(Environment environment, Consumer<Sandbox> further);

  /** Runs read-only SQL over the catalog; what makes Flink do it is not control's to know. */
  @FunctionalInterface
  interface QueryEngine {

    /**
     * @param names the tables that may be read by a short name
     * @param limit the most rows to answer with
     */
    Rows run(String sql, Map<DatasetId, TableRef> names, int limit);
  }

  /** Reads from which offsets of their topic the rows of a table came. */
  @FunctionalInterface
  interface OriginReader {

    /**
     * @throws io.tidemark.model.TidemarkException EXTERNAL if the table cannot be read
     */
    void read(TableRef table, Origins to);
  }

  /** Rows as SQL strings; empty for NULL. */
  record Rows(
      List<String> columns, List<List<Optional<String>>> rows, Report.Completeness completeness) {
    public Rows {
      columns = List.copyOf(columns);
      rows = List.copyOf(rows);
    }
  }
}
