package io.tidemark.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A user's live project: ships as they come in, from a topic, and how many there were an hour. */
public final class PortProject {
  private static final String PIPELINE =
      """
      name: port
      datasets:
        ships:
          table: port.ships
          kind: source
          schema:
            id: BIGINT NOT NULL
            at: TIMESTAMP(3) NOT NULL
          event_time: at
          partition: PT1H
          topic: {name: %s, out_of_orderness: PT10S, idle_after: PT2S}
        hours:
          table: port.hours
          kind: derived
          schema:
            hour: TIMESTAMP(3) NOT NULL
            n: BIGINT NOT NULL
          key: [hour]
          event_time: hour
          partition: PT1H
      transforms:
        hours:
          sql: hours.sql
          inputs: [ships]
      """;

  private static final String SQL =
      """
      SELECT CAST(FLOOR(`at` TO HOUR) AS TIMESTAMP(3)) AS `hour`, COUNT(*) AS n
      FROM ships
      GROUP BY FLOOR(`at` TO HOUR)
      """;

  private PortProject() {}

  /** Writes the pipeline, which reads this topic, and its query into a folder. */
  public static void write(Path project, String topic) throws IOException {
    Path jobs = Files.createDirectories(project.resolve("jobs/port"));
    Files.writeString(jobs.resolve("pipeline.yaml"), PIPELINE.formatted(topic));
    Files.writeString(jobs.resolve("hours.sql"), SQL);
  }
}
