package io.tidemark.store;

import io.tidemark.model.doctor.Finding;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** What the control database does when it is tried. */
final class StoreProbe {
  /** Leases last a minute; long before that, two machines may think that they have the same one. */
  private static final Duration SKEW = Duration.ofSeconds(5);

  private final Database database;
  private final Clock clock;

  StoreProbe(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  List<Finding> run() {
    List<Finding> findings = new ArrayList<>();
    int version = Migrations.known(database);
    if (version > 0 && version < Migrations.NEWEST) {
      findings.add(
          Finding.ok(
              "database",
              "it is of version "
                  + version
                  + "; the next command brings it to "
                  + Migrations.NEWEST));
    }
    String table = "tidemark_doctor_" + UUID.randomUUID().toString().replace('-', '_');
    database.update("CREATE TABLE " + table + " (n INTEGER NOT NULL)");
    int written;
    int missed;
    try {
      written = database.update("INSERT INTO " + table + " VALUES (1)");
      written += database.update("UPDATE " + table + " SET n = 2 WHERE n = 1");
      missed = database.update("UPDATE " + table + " SET n = 3 WHERE n = 1");
    } finally {
      database.update("DROP TABLE " + table);
    }
    findings.add(
        written == 2 && missed == 0
            ? Finding.ok("database", "it is written, and changes are conditional")
            : Finding.fail(
                "database",
                "a conditional change took effect where its condition did not hold",
                "use PostgreSQL or SQLite as they come"));
    findings.add(clocks());
    return findings;
  }

  private Finding clocks() {
    if (database.spec().url().startsWith("jdbc:sqlite:")) {
      return Finding.ok("clock", "the database is a file, and this machine's clock its only one");
    }
    Instant before = clock.instant();
    long there =
        database
            .query(
                row -> row.getLong(1),
                "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)")
            .get(0);
    Instant after = clock.instant();
    Instant then = Instant.ofEpochMilli(there);
    Duration apart =
        then.isBefore(before)
            ? Duration.between(then, before)
            : then.isAfter(after) ? Duration.between(after, then) : Duration.ZERO;
    return apart.compareTo(SKEW) <= 0
        ? Finding.ok("clock", "this machine and the database agree on the time")
        : Finding.fail(
            "clock",
            "this machine and the database are " + apart.toSeconds() + " seconds apart",
            "set both by NTP: leases would be taken over too early");
  }
}
