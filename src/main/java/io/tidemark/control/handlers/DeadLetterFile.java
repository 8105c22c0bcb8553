package io.tidemark.control.handlers;

import io.tidemark.control.Openers;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.Topic;
import io.tidemark.model.json.Json;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The dead letters of a source's topic that its table does not hold yet, as a file to load: each
 * with the place it has in the topic, by which it is known again. Those that are no JSON objects
 * stay where they are. A temporary file, deleted when this is closed.
 */
final class DeadLetterFile implements AutoCloseable {
  /** Of one replay; what is beyond is taken up by the next. */
  private static final int MOST = 1_000_000;

  private final Path file;
  private final long records;

  private DeadLetterFile(Path file, long records) {
    this.file = file;
    this.records = records;
  }

  /**
   * @throws TidemarkException USER if the dataset has no topic
   */
  static DeadLetterFile of(Workplace workplace, Dataset dataset) {
    if (dataset.topic().isEmpty()) {
      throw TidemarkException.user(
          Problem.of(
              "TM-LOAD-009",
              "dataset '" + dataset.id() + "' has no topic",
              "only records of topics are set aside with their bytes",
              "load the corrected files themselves"));
    }
    Path folder = workplace.environment().home().resolve("cache");
    TableRef letters = LiveSpec.deadLetters(dataset.table());
    try {
      Files.createDirectories(folder);
      Path file = Files.createTempFile(folder, "dead-letters-of-" + dataset.id() + "-", ".jsonl");
      long records =
          workplace.lake().schema(letters).isEmpty() ? 0 : write(workplace, dataset, letters, file);
      return new DeadLetterFile(file, records);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long write(Workplace workplace, Dataset dataset, TableRef letters, Path file)
      throws IOException {
    workplace.lake().ensure(dataset);
    DatasetId dead = DatasetId.of(dataset.id() + "_dead_letters");
    String sql =
        """
        SELECT kafka_topic, kafka_partition, kafka_offset,
          DATE_FORMAT(kafka_time, 'yyyy-MM-dd''T''HH:mm:ss.SSS''Z'''), DECODE(`raw`, 'UTF-8')
        FROM `%s` AS d
        WHERE `raw` IS NOT NULL AND NOT EXISTS (
          SELECT 1 FROM `%s` AS s
          WHERE s.kafka_partition = d.kafka_partition AND s.kafka_offset = d.kafka_offset)
        ORDER BY kafka_partition, kafka_offset
        """
            .formatted(dead, dataset.id());
    Openers.Rows rows =
        workplace
            .query()
            .run(sql, new TreeMap<>(Map.of(dead, letters, dataset.id(), dataset.table())), MOST);
    long records = 0;
    try (BufferedWriter out = Files.newBufferedWriter(file)) {
      for (List<Optional<String>> row : rows.rows()) {
        Optional<String> line = line(dataset, row);
        if (line.isPresent()) {
          out.write(line.get());
          out.write('\n');
          records++;
        }
      }
    }
    return records;
  }

  /** As a live job reads a record: members that are no columns are passed over. */
  private static Optional<String> line(Dataset dataset, List<Optional<String>> row) {
    Object parsed;
    try {
      parsed = Json.parse(row.get(4).orElse(""));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
    if (!(parsed instanceof Map<?, ?> object)) {
      return Optional.empty();
    }
    Map<String, Object> record = new TreeMap<>();
    object.forEach(
        (name, value) -> {
          if (dataset.schema().find(name.toString()).isPresent()) {
            record.put(name.toString(), value);
          }
        });
    row.get(0).ifPresent(topic -> record.put(Topic.TOPIC_COLUMN, topic));
    row.get(1).ifPresent(number -> record.put(Topic.PARTITION_COLUMN, Long.valueOf(number)));
    row.get(2).ifPresent(offset -> record.put(Topic.OFFSET_COLUMN, Long.valueOf(offset)));
    row.get(3).ifPresent(time -> record.put(Topic.TIME_COLUMN, time));
    return Optional.of(Json.write(record));
  }

  /** Whether there is nothing to load. */
  boolean isEmpty() {
    return records == 0;
  }

  /** One JSON object per line. */
  Path path() {
    return file;
  }

  @Override
  public void close() {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
