package io.tidemark.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A user's small project: visits to cities, and what they spent per city and day. */
public final class VisitsProject {
  public static final String PIPELINE =
      """
      name: shop
      datasets:
        visits:
          table: shop.visits
          kind: source
          schema:
            id: BIGINT NOT NULL
            at: TIMESTAMP(6) NOT NULL
            city: STRING NOT NULL
            amount: INT NOT NULL
          key: [id]
          event_time: at
          partition: P1M
          slice: P1M
        city_day:
          table: shop.city_day
          kind: derived
          schema:
            city: STRING NOT NULL
            day: TIMESTAMP(6) NOT NULL
            visits: BIGINT NOT NULL
            amount: BIGINT NOT NULL
          key: [city, day]
          event_time: day
          partition: P1M
          slice: P1M
          expectations:
            - name: amounts are not negative
              sql: amount >= 0
      transforms:
        city_day:
          sql: city_day.sql
          inputs: [visits]
      """;
  public static final String SQL =
      """
      SELECT
        city,
        CAST(FLOOR(`at` TO DAY) AS TIMESTAMP(6)) AS `day`,
        COUNT(*) AS visits,
        SUM(CAST(amount AS BIGINT)) AS amount
      FROM visits
      GROUP BY city, FLOOR(`at` TO DAY)
      """;
  public static final String CHANGE =
      """
      description: amounts were cents
      datasets:
        city_day:
          columns: [amount]
          relation: new_amount = old_amount * 100
      """;

  private VisitsProject() {}

  /** Writes the pipeline and its query into a folder. */
  public static void write(Path project) throws IOException {
    Files.createDirectories(project.resolve("jobs/shop/changes"));
    Files.writeString(project.resolve("jobs/shop/pipeline.yaml"), PIPELINE);
    Files.writeString(project.resolve("jobs/shop/city_day.sql"), SQL);
  }

  /** 300 visits in three months, with their header. */
  public static String csv() {
    StringBuilder csv = new StringBuilder("id,at,city,amount\n");
    for (int i = 0; i < 300; i++) {
      csv.append(i)
          .append(",2001-0")
          .append(1 + i % 3)
          .append("-1")
          .append(i % 10)
          .append(" 10:00:00,")
          .append(i % 2 == 0 ? "Oslo" : "Łódź")
          .append(',')
          .append(i)
          .append('\n');
    }
    return csv.toString();
  }
}
