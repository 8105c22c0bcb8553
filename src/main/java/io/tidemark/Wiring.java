package io.tidemark;

import io.tidemark.cli.Place;
import io.tidemark.cluster.Cluster;
import io.tidemark.cluster.Clusters;
import io.tidemark.control.Control;
import io.tidemark.control.Openers;
import io.tidemark.control.Operation;
import io.tidemark.control.Report;
import io.tidemark.control.handlers.Controls;
import io.tidemark.job.JobMain;
import io.tidemark.job.catalog.CatalogQuery;
import io.tidemark.job.catalog.LocalFiles;
import io.tidemark.job.catalog.OriginScan;
import io.tidemark.lake.Lake;
import io.tidemark.lake.Lakes;
import io.tidemark.model.Environment;
import io.tidemark.model.doctor.Finding;
import io.tidemark.model.doctor.Sandbox;
import io.tidemark.server.MetricsServer;
import io.tidemark.store.Store;
import io.tidemark.store.Stores;
import java.time.Clock;
import java.util.List;
import java.util.function.Consumer;

/**
 * Puts the parts together, each when it is needed first: {@code status} must not load Flink, nor
 * {@code validate} open a catalog.
 */
final class Wiring implements Openers {
  private final Clock clock;

  Wiring(Clock clock) {
    this.clock = clock;
  }

  /** The door to a place, as the command line opens it. */
  static Control open(Place place) {
    Clock clock = Clock.systemUTC();
    return Controls.open(place.project(), place.environment(), new Wiring(clock), clock);
  }

  @Override
  public Lake lake(Environment environment) {
    return Lakes.open(
        environment.catalog(),
        clock,
        environment.limits().revertWindow(),
        LocalFiles.configuration());
  }

  @Override
  public List<Finding> examineCatalog(Environment environment, Consumer<Sandbox> further) {
    return Lakes.examine(environment.catalog(), LocalFiles.configuration(), further);
  }

  @Override
  public Store store(Environment environment) {
    return Stores.open(environment.store());
  }

  @Override
  public Cluster cluster(Environment environment) {
    return Clusters.open(environment.cluster(), JobMain::compose, JobMain::compose);
  }

  @Override
  public Endpoint endpoint(Control door, Operation.Serve where) {
    return MetricsServer.start(door, where, clock);
  }

  @Override
  public QueryEngine query(Environment environment) {
    CatalogQuery query =
        new CatalogQuery(environment.catalog(), environment.cluster().parallelism());
    return (sql, names, limit) -> {
      CatalogQuery.Answer answer = query.run(sql, names, limit);
      return new Rows(
          answer.columns(),
          answer.rows(),
          answer.more() ? Report.Completeness.CUT_OFF : Report.Completeness.ALL);
    };
  }

  @Override
  public OriginReader origins(Environment environment) {
    return new OriginScan(environment.catalog())::read;
  }
}
