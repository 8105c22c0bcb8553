package io.tidemark;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.FlightsOracle.Version;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The bundled data says of itself what jobs/flights/data/README.md says of it. */
class FlightsDataTest {
  private static final Path DATA = Path.of("jobs/flights/data");
  private static FlightsOracle oracle;

  @BeforeAll
  static void open() throws SQLException {
    oracle = FlightsOracle.open(DATA);
  }

  @AfterAll
  static void close() throws SQLException {
    oracle.close();
  }

  @Test
  void flightIdIsAKey() throws SQLException {
    assertThat(oracle.query("SELECT count(*), count(DISTINCT flight_id) FROM raw_flights"))
        .containsExactly(List.of("200000", "200000"));
  }

  @Test
  void everyAirportOfAFlightIsKnown() throws SQLException {
    assertThat(
            oracle.query(
                """
                SELECT origin FROM raw_flights WHERE origin NOT IN (FROM (SELECT iata FROM raw_airports))
                UNION
                SELECT destination FROM raw_flights
                WHERE destination NOT IN (FROM (SELECT iata FROM raw_airports))
                """))
        .isEmpty();
  }

  @Test
  void holdsTheFlightOfTheHourThatDidNotExist() throws SQLException {
    assertThat(
            oracle.query(
                """
                SELECT origin, date::VARCHAR FROM raw_flights
                WHERE date >= '2001-04-01 02:00:00' AND date < '2001-04-01 03:00:00'
                """))
        .containsExactly(List.of("LAX", "2001-04-01 02:10:00"));
    assertThat(ZoneId.of("America/Los_Angeles").getRules())
        .satisfies(
            rules ->
                assertThat(rules.getValidOffsets(LocalDateTime.parse("2001-04-01T02:10:00")))
                    .isEmpty());
  }

  @Test
  void javaAndIcuAgreeOnEveryDepartureAsAnInstant() throws SQLException {
    for (List<String> row :
        oracle.query(
            """
            SELECT DISTINCT strftime(date, '%Y-%m-%dT%H:00:00'), tz,
              epoch_ms(timezone(tz, date_trunc('hour', date)))
            FROM raw_flights JOIN raw_airports ON iata = origin
            WHERE date BETWEEN '2001-03-31 12:00:00' AND '2001-04-02 12:00:00'
               OR date BETWEEN '2001-04-28 12:00:00' AND '2001-04-30 12:00:00'
            """)) {
      assertThat(
              LocalDateTime.parse(row.get(0))
                  .atZone(ZoneId.of(row.get(1)))
                  .toInstant()
                  .toEpochMilli())
          .as("%s in %s", row.get(0), row.get(1))
          .isEqualTo(Long.parseLong(row.get(2)));
    }
  }

  @Test
  void goldenRowsHoldBeforeAndAfterTheFix() throws SQLException {
    for (Version version : Version.values()) {
      assertThat(
              oracle.notFound(
                  Path.of("jobs/flights/golden/route_month.csv"), "route_month", version))
          .as("golden rows in %s", version)
          .isEmpty();
    }
  }
}
