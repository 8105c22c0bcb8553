package io.tidemark.store;

import io.tidemark.model.DatasetId;
import io.tidemark.model.Evidence;
import io.tidemark.model.Graph;
import io.tidemark.model.Plan;
import io.tidemark.model.Problem;
import io.tidemark.model.RecordJson;
import io.tidemark.model.RunId;
import io.tidemark.model.RunState;
import io.tidemark.model.TidemarkException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The control state as rows; documents as the JSON that {@link RecordJson} writes. */
final class JdbcStore implements Store {
  private static final String RUN_COLUMNS =
      "SELECT id, state, plan_document, graph_document, reason, created, updated FROM tidemark_run";

  /** How much a new measurement counts against the average of the earlier ones. */
  private static final double NEWEST_RATE = 0.4;

  private final Database database;

  JdbcStore(Database database) {
    this.database = database;
  }

  @Override
  public void createRun(RunId id, Plan plan, Graph graph, Instant now) {
    String document = RecordJson.write(plan, Plan.class);
    int created =
        database.update(
            "INSERT INTO tidemark_run VALUES (?, ?, ?, ?, '', ?, ?) ON CONFLICT (id) DO NOTHING",
            id.value(),
            RunState.PLANNED.name(),
            document,
            RecordJson.write(graph, Graph.class),
            micros(now),
            micros(now));
    if (created == 0
        && database
            .query(
                row -> row.getString(1),
                "SELECT plan_document FROM tidemark_run WHERE id = ?",
                id.value())
            .stream()
            .noneMatch(document::equals)) {
      throw new IllegalArgumentException("Cannot record run " + id + " again with another plan");
    }
  }

  @Override
  public void restoreRun(RunRow run) {
    database.update(
        "INSERT INTO tidemark_run VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
        run.id().value(),
        run.state().name(),
        RecordJson.write(run.plan(), Plan.class),
        RecordJson.write(run.graph(), Graph.class),
        run.reason(),
        micros(run.created()),
        micros(run.updated()));
  }

  @Override
  public Optional<RunRow> findRun(RunId id) {
    return database.query(this::readRun, RUN_COLUMNS + " WHERE id = ?", id.value()).stream()
        .findFirst();
  }

  @Override
  public List<RunRow> runs(int limit) {
    return database.query(
        this::readRun, RUN_COLUMNS + " ORDER BY created DESC, id DESC LIMIT ?", limit);
  }

  private RunRow readRun(ResultSet row) throws SQLException {
    String id = row.getString(1);
    try {
      return new RunRow(
          new RunId(id),
          RunState.valueOf(row.getString(2)),
          RecordJson.read(row.getString(3), Plan.class),
          RecordJson.read(row.getString(4), Graph.class),
          row.getString(5),
          instant(row.getLong(6)),
          instant(row.getLong(7)));
    } catch (IllegalArgumentException e) {
      throw unreadable("run " + id, e);
    }
  }

  @Override
  public boolean move(RunId id, RunState from, RunState to, String reason, Instant now) {
    if (!from.successors().contains(to)) {
      throw new IllegalArgumentException("Cannot move a run from " + from + " to " + to);
    }
    return database.update(
            new Database.Change(
                "UPDATE tidemark_run SET state = ?, reason = ?, updated = ?"
                    + " WHERE id = ? AND state = ?",
                to.name(),
                reason,
                micros(now),
                id.value(),
                from.name()),
            new Database.Change(
                "INSERT INTO tidemark_transition (run_id, state, reason, entered)"
                    + " VALUES (?, ?, ?, ?)",
                id.value(),
                to.name(),
                reason,
                micros(now)))
        == 1;
  }

  @Override
  public List<Transition> transitions(RunId id) {
    return database.query(
        row ->
            new Transition(
                RunState.valueOf(row.getString(1)), row.getString(2), instant(row.getLong(3))),
        "SELECT state, reason, entered FROM tidemark_transition WHERE run_id = ? ORDER BY entered",
        id.value());
  }

  @Override
  public List<LeaseRow> leases(Instant now) {
    return database.query(
        row -> new LeaseRow(row.getString(1), row.getString(2), instant(row.getLong(3))),
        "SELECT name, holder, expires FROM tidemark_lease WHERE expires > ? ORDER BY name",
        micros(now));
  }

  @Override
  public void finishStep(RunId id, String stepId, String result, Instant now) {
    database.update(
        "INSERT INTO tidemark_step (run_id, step_id, seq, result, finished)"
            + " SELECT ?, ?, COALESCE(MAX(seq), 0) + 1, ?, ? FROM tidemark_step WHERE run_id = ?"
            + " ON CONFLICT (run_id, step_id) DO NOTHING",
        id.value(),
        stepId,
        result,
        micros(now),
        id.value());
  }

  @Override
  public List<StepRow> steps(RunId id) {
    return database.query(
        row -> new StepRow(row.getString(1), row.getString(2), instant(row.getLong(3))),
        "SELECT step_id, result, finished FROM tidemark_step WHERE run_id = ? ORDER BY seq",
        id.value());
  }

  @Override
  public void putEvidence(RunId id, Evidence evidence) {
    database.update(
        "INSERT INTO tidemark_evidence (run_id, dataset, document) VALUES (?, ?, ?)"
            + " ON CONFLICT (run_id, dataset) DO UPDATE SET document = excluded.document",
        id.value(),
        evidence.dataset().value(),
        RecordJson.write(evidence, Evidence.class));
  }

  @Override
  public List<Evidence> evidence(RunId id) {
    return database.query(
        row -> {
          try {
            return RecordJson.read(row.getString(1), Evidence.class);
          } catch (IllegalArgumentException e) {
            throw unreadable("the evidence of run " + id, e);
          }
        },
        "SELECT document FROM tidemark_evidence WHERE run_id = ? ORDER BY dataset",
        id.value());
  }

  @Override
  public Optional<LeaseRow> acquire(String lease, String holder, Duration ttl, Instant now) {
    while (true) {
      int taken =
          database.update(
              "INSERT INTO tidemark_lease (name, holder, expires) VALUES (?, ?, ?)"
                  + " ON CONFLICT (name) DO UPDATE"
                  + " SET holder = excluded.holder, expires = excluded.expires"
                  + " WHERE tidemark_lease.holder = excluded.holder"
                  + " OR tidemark_lease.expires <= ?",
              lease,
              holder,
              micros(now.plus(ttl)),
              micros(now));
      if (taken == 1) {
        return Optional.empty();
      }
      List<LeaseRow> other =
          database.query(
              row -> new LeaseRow(row.getString(1), row.getString(2), instant(row.getLong(3))),
              "SELECT name, holder, expires FROM tidemark_lease WHERE name = ?",
              lease);
      if (!other.isEmpty()) {
        return Optional.of(other.get(0));
      }
      // Its holder gave it up between the two statements: it is free now.
    }
  }

  @Override
  public boolean renew(String lease, String holder, Duration ttl, Instant now) {
    return database.update(
            "UPDATE tidemark_lease SET expires = ? WHERE name = ? AND holder = ?",
            micros(now.plus(ttl)),
            lease,
            holder)
        == 1;
  }

  @Override
  public void release(String lease, String holder) {
    database.update("DELETE FROM tidemark_lease WHERE name = ? AND holder = ?", lease, holder);
  }

  @Override
  public void recordRate(DatasetId dataset, double bytesPerSecond) {
    database.update(
        "INSERT INTO tidemark_rate (dataset, bytes_per_second) VALUES (?, ?)"
            + " ON CONFLICT (dataset) DO UPDATE SET bytes_per_second ="
            + " tidemark_rate.bytes_per_second * (1 - ?) + excluded.bytes_per_second * ?",
        dataset.value(),
        bytesPerSecond,
        NEWEST_RATE,
        NEWEST_RATE);
  }

  @Override
  public Map<DatasetId, Double> rates() {
    Map<DatasetId, Double> rates = new TreeMap<>();
    database
        .query(
            row -> Map.entry(DatasetId.of(row.getString(1)), row.getDouble(2)),
            "SELECT dataset, bytes_per_second FROM tidemark_rate")
        .forEach(entry -> rates.put(entry.getKey(), entry.getValue()));
    return rates;
  }

  @Override
  public Optional<LiveRow> findLive(String name) {
    return database
        .query(
            row -> new LiveRow(row.getString(1), row.getLong(2), row.getString(3)),
            "SELECT name, version, document FROM tidemark_live_job WHERE name = ?",
            name)
        .stream()
        .findFirst();
  }

  @Override
  public boolean putLive(LiveRow row, Instant now) {
    int changed =
        row.version() == 1
            ? database.update(
                "INSERT INTO tidemark_live_job (name, version, document, updated)"
                    + " VALUES (?, 1, ?, ?) ON CONFLICT (name) DO NOTHING",
                row.name(),
                row.document(),
                micros(now))
            : database.update(
                "UPDATE tidemark_live_job SET version = ?, document = ?, updated = ?"
                    + " WHERE name = ? AND version = ?",
                row.version(),
                row.document(),
                micros(now),
                row.name(),
                row.version() - 1);
    return changed == 1;
  }

  @Override
  public boolean dropLive(String name, long version) {
    return database.update(
            "DELETE FROM tidemark_live_job WHERE name = ? AND version = ?", name, version)
        == 1;
  }

  private static long micros(Instant instant) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, instant);
  }

  private static Instant instant(long micros) {
    return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
  }

  private TidemarkException unreadable(String what, IllegalArgumentException cause) {
    return TidemarkException.external(
        Problem.of(
            "TM-STORE-020",
            "cannot read " + what + " in the control database " + database.shown(),
            String.valueOf(cause.getMessage()),
            "it was written by another version or damaged: abandon the run and plan again"),
        cause);
  }

  @Override
  public void close() {
    database.close();
  }
}
