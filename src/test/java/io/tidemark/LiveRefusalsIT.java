package io.tidemark;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.model.DatasetId;
import io.tidemark.model.Grain;
import io.tidemark.model.LiveMark;
import io.tidemark.model.Stamp;
import io.tidemark.model.StampSummary;
import io.tidemark.model.TableRef;
import io.tidemark.testing.CommandLineSession;
import io.tidemark.testing.CommandLineSession.Result;
import io.tidemark.testing.KafkaBroker;
import io.tidemark.testing.LakeFixture;
import io.tidemark.testing.LocalConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.apache.iceberg.AppendFiles;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What {@code live start} refuses, with what it says and how it ends; nothing is ever started. */
class LiveRefusalsIT {
  @RegisterExtension static final KafkaBroker KAFKA = new KafkaBroker();

  private static final String PIPELINE =
      """
      name: shop
      datasets:
        visits:
          table: shop.visits
          kind: source
          schema:
            id: BIGINT NOT NULL
            at: TIMESTAMP(3) NOT NULL
          event_time: at
          partition: PT1H
          slice: PT1H
          topic:
            name: %s
            out_of_orderness: PT10S
            idle_after: PT5S
        copies:
          table: shop.copies
          kind: derived
          schema:
            id: BIGINT NOT NULL
            at: TIMESTAMP(3) NOT NULL
          key: [id]
          event_time: at
          partition: PT1H
          slice: PT1H
      transforms:
        copies:
          sql: copies.sql
          inputs: [visits]
      """;

  @TempDir Path project;
  private CommandLineSession user;

  @BeforeEach
  void writeSql() throws IOException {
    user = new CommandLineSession(Wiring::open, project);
    Files.createDirectories(project.resolve("jobs/shop"));
    Files.writeString(project.resolve("jobs/shop/copies.sql"), "SELECT id, `at` FROM visits\n");
    Files.createDirectories(project.resolve(".tidemark"));
  }

  private void reads(String topic) throws IOException {
    Files.writeString(project.resolve("jobs/shop/pipeline.yaml"), PIPELINE.formatted(topic));
  }

  private void asks(Optional<String> brokers) throws IOException {
    List<String> lines = new ArrayList<>(List.of("flink: {parallelism: 2}"));
    brokers.ifPresent(b -> lines.add("kafka: {bootstrap_servers: '" + b + "'}"));
    LocalConfig.write(project, lines);
  }

  private Result refused(int exitCode, String code, String... arguments) {
    Result result = user.run(arguments);
    assertThat(result.err()).as(result.out()).contains("error " + code + ": ").contains("fix: ");
    assertThat(result.exitCode()).as(result.err()).isEqualTo(exitCode);
    assertThat(result.err()).doesNotContain("\tat ");
    return result;
  }

  @Test
  void whatTheProjectAndItsBrokersDoNotAllowIsRefused() throws IOException {
    reads("nowhere");
    asks(Optional.empty());
    refused(1, "TM-LIVE-100", "live", "start");
    asks(Optional.of("localhost:1"));
    refused(3, "TM-LIVE-110", "live", "start");
    asks(Optional.of(KAFKA.bootstrap()));
    assertThat(refused(1, "TM-LIVE-111", "live", "start").err()).contains("'nowhere'");
    KAFKA.createTopic("nowhere", 1);
    assertThat(refused(1, "TM-LIVE-115", "live", "start", "--from", "tomorrow").err())
        .contains("--from tomorrow");
    assertThat(user.run("live", "start", "copeis").err()).contains("copies");
  }

  @Test
  void aTopicThatDoesNotGoOnWhereItsTableIsIsRefused() throws IOException {
    reads("gone");
    asks(Optional.of(KAFKA.bootstrap()));
    KAFKA.createTopic("gone", 1);
    // Makes the tables, as every start does.
    refused(1, "TM-LIVE-115", "live", "start", "--from", "tomorrow");
    for (int i = 0; i < 5; i++) {
      KAFKA.send("gone", 0, "k", "{}", Instant.EPOCH);
    }

    mark(9, KAFKA.topicId("gone"));
    assertThat(refused(1, "TM-LIVE-112", "live", "start").err())
        .contains("ends at offset 5, before 9");
    mark(2, Optional.of("another"));
    assertThat(refused(1, "TM-LIVE-112", "live", "start").err())
        .contains("is not the one that was read before");
    mark(2, KAFKA.topicId("gone"));
    KAFKA.deleteRecords("gone", 0, 4);
    assertThat(refused(1, "TM-LIVE-113", "live", "start").err())
        .contains("begins at offset 4, behind 2", "2 offsets expired");
  }

  @Test
  void aTableThatALiveJobOfAnotherVersionWroteIsRefusedAndKept() throws IOException {
    reads("ahead");
    asks(Optional.of(KAFKA.bootstrap()));
    KAFKA.createTopic("ahead", 1);
    refused(1, "TM-LIVE-115", "live", "start", "--from", "tomorrow");
    for (int i = 0; i < 5; i++) {
      KAFKA.send("ahead", 0, "k", "{}", Instant.EPOCH);
    }
    mark(2, KAFKA.topicId("ahead"));
    mark(4, KAFKA.topicId("ahead"), LiveRefusalsIT::ofAnotherVersion);
    long head = head();

    // Who passed over what cannot be read would go on at 2, and read two records twice.
    assertThat(refused(4, "TM-LAKE-026", "live", "start").err()).contains("'visits'");
    // Nor is it known which slices are open, which no run may write to.
    refused(4, "TM-LAKE-026", "plan");
    refused(4, "TM-LAKE-026", "run");
    refused(4, "TM-LAKE-026", "maintain");
    assertThat(head()).isEqualTo(head);
  }

  private long head() throws IOException {
    try (LakeFixture tables = LocalConfig.tables(project)) {
      return tables.head(TableRef.parse("shop.visits"));
    }
  }

  /** With something that this version does not know. */
  private static Map<String, String> ofAnotherVersion(Map<String, String> summary) {
    Map<String, String> other = new TreeMap<>(summary);
    other.computeIfPresent(
        "tidemark.live",
        (key, packed) ->
            StampSummary.pack(StampSummary.unpack(packed).replaceFirst("\\{", "{\"newer\":1,")));
    return other;
  }

  private void mark(long next, Optional<String> topicId) throws IOException {
    mark(next, topicId, summary -> summary);
  }

  /** As a live job that has read the topic up to an offset. */
  private void mark(long next, Optional<String> topicId, UnaryOperator<Map<String, String>> written)
      throws IOException {
    DatasetId visits = DatasetId.of("visits");
    TreeMap<Integer, LiveMark.Range> ranges = new TreeMap<>();
    ranges.put(0, new LiveMark.Range(0, next, next, 0));
    TreeMap<DatasetId, LiveMark.Ranges> sources = new TreeMap<>();
    sources.put(visits, new LiveMark.Ranges(topicId, ranges));
    LiveMark mark =
        new LiveMark(
            "earlier",
            1,
            1,
            LiveMark.Phase.RUNNING,
            Optional.empty(),
            sources,
            LiveMark.Counts.NONE,
            List.of());
    Stamp stamp =
        new Stamp(
            "live/shop/earlier/shop.visits/" + next,
            Stamp.Kind.LIVE,
            visits,
            Stamp.Origin.NONE,
            new Stamp.Content(Grain.HOUR, List.of(), Stamp.Content.ANY_COLUMN),
            "checkpoint 1");
    try (LakeFixture tables = LocalConfig.tables(project)) {
      AppendFiles append = tables.table(TableRef.parse("shop.visits")).newAppend();
      for (Map.Entry<String, String> said :
          written.apply(StampSummary.write(stamp, mark)).entrySet()) {
        append.set(said.getKey(), said.getValue());
      }
      append.commit();
    }
  }
}
