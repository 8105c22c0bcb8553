package io.tidemark.cli;

import static io.tidemark.cli.Samples.NOON;

import io.tidemark.control.Examined;
import io.tidemark.control.RolledBack;
import io.tidemark.model.doctor.Finding;
import io.tidemark.model.rollback.Setback;
import io.tidemark.model.rollback.Terms;
import java.util.List;
import java.util.Optional;

/** Reports of whole tables and environments, as control would answer them. */
final class PlaceSamples {
  private PlaceSamples() {}

  static Examined examined() {
    return new Examined(
        "docker",
        List.of(
            Finding.ok("catalog", "branches are kept"),
            Finding.warn("kafka", "topic 'v' keeps records for PT1H", "raise its retention.ms"),
            Finding.fail("flink", "no TaskManager is there", "start one")));
  }

  static RolledBack rolledBack(Terms.Act act) {
    return new RolledBack(
        act,
        new Setback(
            "lake.events",
            9,
            8,
            NOON,
            new Setback.Rows(120, 90),
            List.of(new Setback.Commit(9, NOON.plusSeconds(60), "publish of run r1", 30, 10)),
            List.of(),
            Optional.of(new Setback.Live(3, 0, List.of(new Setback.Offset(0, 57, 42)))),
            List.of(new Setback.Companion("lake.events_topic_dead_letters", 4, 2, 7, 5))));
  }

  static Setback nothingToRollBack() {
    return new Setback(
        "lake.events",
        9,
        9,
        NOON,
        new Setback.Rows(120, 120),
        List.of(),
        List.of(),
        Optional.empty(),
        List.of());
  }
}
