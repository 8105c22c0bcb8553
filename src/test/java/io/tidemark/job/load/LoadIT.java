package io.tidemark.job.load;

import static io.tidemark.testing.JobBed.sliced;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.model.Dataset;
import io.tidemark.model.Grain;
import io.tidemark.model.JobResult;
import io.tidemark.model.JobSpec;
import io.tidemark.model.JobSpec.Load.Format;
import io.tidemark.model.JobSpec.Load.Mode;
import io.tidemark.model.Layout;
import io.tidemark.model.RecordJson;
import io.tidemark.model.SliceSet;
import io.tidemark.model.SliceStats;
import io.tidemark.model.Stamp;
import io.tidemark.model.TableRef;
import io.tidemark.testing.JobBed;
import io.tidemark.testing.LakeFixture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoadIT {
  private static JobBed bed;

  @TempDir Path files;

  @BeforeAll
  static void open(@TempDir Path dir) {
    bed = JobBed.open(dir);
  }

  @AfterAll
  static void close() {
    bed.close();
  }

  private Path file(String name, String text) throws IOException {
    return Files.writeString(files.resolve(name), text);
  }

  private static Dataset events(String name) {
    return bed.dataset(
        name,
        sliced("at", Grain.DAY, Grain.MONTH),
        "id BIGINT NOT NULL",
        "at TIMESTAMP_LTZ(6)",
        "note STRING",
        "price DECIMAL(9, 2)");
  }

  private static TableRef deadLetters(Dataset dataset) {
    return TableRef.parse("dead." + dataset.id());
  }

  private static JobSpec.Load load(
      String key, Dataset to, Format format, Mode mode, double maxBad, Path... files) {
    return new JobSpec.Load(
        key,
        bed.fixture().spec(),
        java.util.Arrays.stream(files).map(Path::toString).toList(),
        format,
        mode,
        JobSpec.Output.of(to, "main", SliceSet.empty(to.layout().slice())),
        deadLetters(to),
        maxBad,
        new Stamp(
            key,
            Stamp.Kind.LOAD,
            to.id(),
            Stamp.Origin.NONE,
            new Stamp.Content(to.layout().slice(), List.of(), List.of()),
            "files"),
        bed.lake().documentPath(to.table(), key + ".json"));
  }

  private static JobResult.Loaded loaded(JobSpec.Load job) {
    bed.run(job);
    return RecordJson.read(
        bed.lake().readText(job.output().table(), job.resultPath()).orElseThrow(),
        JobResult.Loaded.class);
  }

  @Test
  void csvGoesToTheTableAndItsBadLinesToTheDeadLetterTable() throws IOException {
    Dataset events = events("csv");
    Path csv =
        file(
            "a.csv",
            """
            note,at,price,id
            "two
            ""lines"", one comma",2001-01-01T00:30:00+01:00,12.50,1
            ,2001-02-01 00:00:00Z,,2
            x,2001-02-30T00:00:00Z,1,3
            x,2001-02-03T00:00:00,1,4
            x,2001-02-03T00:00:00Z,1.234,5
            x,,1,6
            too,few
            y,2001-02-28T23:59:59.999999Z,-0.01,7
            "open,2001-02-03T00:00:00Z,1,8
            z,2262-05-01T00:00:00Z,3,9
            """);
    JobSpec.Load job = load("load-csv", events, Format.CSV, Mode.APPEND, 0.9, csv);

    JobResult.Loaded result = loaded(job);

    assertThat(bed.fixture().rows(events.table()))
        .containsExactly(
            "[1, 2000-12-31T23:30Z, two\n\"lines\", one comma, 12.50]",
            "[2, 2001-02-01T00:00Z, null, null]",
            "[7, 2001-02-28T23:59:59.999999Z, y, -0.01]",
            "[9, 2262-05-01T00:00Z, z, 3.00]");
    assertThat(result.rows()).isEqualTo(4);
    assertThat(result.deadLetters()).isEqualTo(6);
    assertThat(result.slices()).extracting(SliceStats::rows).containsExactly(1L, 2L, 1L);
    String where = csv + ":";
    assertThat(result.firstProblems())
        .containsExactly(
            where + "5: column 'at' is no TIMESTAMP_LTZ(6), such as 2001-02-03T04:05:06.789Z",
            where + "6: column 'at' is no TIMESTAMP_LTZ(6), such as 2001-02-03T04:05:06.789Z",
            where + "7: column 'price' is no DECIMAL(9, 2)",
            where + "8: column 'at' is missing",
            where + "9: it has 2 fields, the header has 4",
            where + "11: a quote is never closed");
    assertThat(bed.fixture().rows(deadLetters(events)))
        .hasSize(6)
        .contains("[load-csv, " + csv + ", 9, it has 2 fields, the header has 4, 1, too,few]");

    long head = bed.fixture().head(events.table());
    bed.run(job);
    assertThat(bed.fixture().head(events.table())).as("loaded once").isEqualTo(head);
    assertThat(bed.fixture().rows(deadLetters(events))).hasSize(6);
  }

  @Test
  void jsonLinesMayBeNestedAndAboveTheThresholdNothingIsLoaded() throws IOException {
    Dataset nested =
        bed.dataset(
            "nested",
            Layout.unsliced(),
            "id BIGINT NOT NULL",
            "ok BOOLEAN",
            "list ARRAY<INT>",
            "pair ROW<`x` INT, `y` STRING>",
            "tags MAP<STRING, DOUBLE>",
            "price DECIMAL(9, 2)",
            "day DATE");
    Path json =
        file(
            "a.jsonl",
            """
            {"id": 1, "ok": true, "list": [1, null], "pair": {"x": 1, "y": "é"}, "tags": {"k": 1}}

            {"id": 2.0, "price": "1.50", "day": "1969-12-31", "unknown": 1}
            {"id": 1.5}
            {"id": 4, "ok": "yes"}
            {"id": 5
            [6]
            {"ok": true}
            """);
    JobSpec.Load strict = load("load-json", nested, Format.JSON_LINES, Mode.APPEND, 0.7, json);

    JobResult.Loaded refused = loaded(strict);

    assertThat(refused.rows()).isEqualTo(2);
    assertThat(refused.deadLetters()).isEqualTo(5);
    assertThat(bed.lake().find(nested.table(), "main", "load-json")).isEmpty();
    assertThat(bed.fixture().rows(nested.table())).isEmpty();
    assertThat(bed.fixture().rows(deadLetters(nested))).hasSize(5);
    assertThat(refused.firstProblems())
        .containsExactly(
            json + ":4: column 'id' is no BIGINT",
            json + ":5: column 'ok' is no BOOLEAN: true or false",
            json + ":6: it is no JSON",
            json + ":7: it is no JSON object",
            json + ":8: column 'id' is missing");

    loaded(load("load-json-2", nested, Format.JSON_LINES, Mode.APPEND, 0.8, json));
    assertThat(bed.fixture().rows(nested.table()))
        .hasSize(2)
        .contains("[2, null, null, null, null, 1.50, 1969-12-31]");
  }

  @Test
  void parquetIsReadByNameAndAReferenceIsReplaced() throws IOException {
    Dataset written =
        bed.dataset("written", Layout.unsliced(), "extra STRING", "code INT", "name STRING");
    bed.append(
        written,
        List.of(JobBed.row("x", 1, "one"), JobBed.row("x", 2, "two"), JobBed.row("x", null, "?")));
    Path parquet = parquetOf(written);
    Dataset reference =
        bed.dataset("reference", Layout.unsliced(), "name STRING NOT NULL", "code BIGINT NOT NULL");
    bed.append(reference, List.of(JobBed.row("old", 9L)));

    JobResult.Loaded result =
        loaded(load("load-parquet", reference, Format.PARQUET, Mode.REPLACE, 0.5, parquet));

    assertThat(bed.fixture().rows(reference.table())).containsExactly("[one, 1]", "[two, 2]");
    assertThat(result.deadLetters()).isEqualTo(1);
    assertThat(result.firstProblems()).containsExactly(parquet + ":3: column 'code' is missing");
  }

  private Path parquetOf(Dataset dataset) throws IOException {
    String path =
        LakeFixture.files(bed.fixture().table(dataset.table()), bed.fixture().head(dataset.table()))
            .get(0)
            .location();
    return Files.copy(Path.of(path.replace("file:", "")), files.resolve("copy.parquet"));
  }

  @Test
  void filesOfWhichNothingCanBeReadStopTheLoad() throws IOException {
    Dataset events = events("stopped");
    byte[] damaged = Files.readAllBytes(parquetOf(written("for_damage")));
    Path parquet = Files.write(files.resolve("damaged.parquet"), damaged);
    Files.write(parquet, new byte[] {0, 0, 0, 0}, java.nio.file.StandardOpenOption.APPEND);
    requireStopped(
        events, Format.PARQUET, parquet, "it is no Parquet file, or its footer is damaged");
    requireStopped(events, Format.CSV, file("empty.csv", ""), "the file is empty: no header line");
    requireStopped(events, Format.CSV, files.resolve("no.csv"), "there is no such file");
    requireStopped(
        events,
        Format.CSV,
        file("typo.csv", "id,at,nota\n1,2001-01-01T00:00:00Z,x\n"),
        "column 'note' is missing; unknown are nota");
    requireStopped(events, Format.CSV, file("short.csv", "id,note\n"), "column 'at' is missing");
    Path text = parquetOfText("CREATE TABLE t AS SELECT 'x' AS id, now() AS at");
    requireStopped(events, Format.PARQUET, text, "column 'id' is STRING, the table holds BIGINT");
  }

  private static Dataset written(String name) {
    Dataset dataset = bed.dataset(name, Layout.unsliced(), "id BIGINT");
    bed.append(dataset, List.of(JobBed.row(1L)));
    return dataset;
  }

  /** A Parquet file of another writer, without field ids. */
  private Path parquetOfText(String sql) {
    Path path = files.resolve("duck.parquet");
    try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = duck.createStatement()) {
      statement.execute(sql);
      statement.execute("COPY t TO '" + path + "' (FORMAT parquet)");
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    return path;
  }

  private static void requireStopped(Dataset to, Format format, Path file, String reason) {
    String key = "load-" + file.getFileName();
    JobResult.Loaded result = loaded(load(key, to, format, Mode.APPEND, 1.0, file));
    assertThat(result.firstProblems()).containsExactly(file + ": " + reason);
    assertThat(bed.lake().find(to.table(), "main", key)).isEmpty();
  }

  @Test
  void aParquetFileOfAnotherWriterThatBreaksOffGivesItsRowsAndOneDeadLetter() throws IOException {
    Dataset numbers = bed.dataset("numbers", Layout.unsliced(), "n BIGINT NOT NULL", "v STRING");
    Path parquet =
        parquetOfText(
            "CREATE TABLE t AS SELECT range AS n, 'v' || (range * 7919 % 100003) AS v"
                + " FROM range(500000)");
    byte[] bytes = Files.readAllBytes(parquet);
    for (int i = bytes.length / 2; i < bytes.length / 2 + 20_000; i++) {
      bytes[i] = 0;
    }
    Files.write(parquet, bytes);

    JobResult.Loaded result =
        loaded(load("load-broken", numbers, Format.PARQUET, Mode.APPEND, 1.0, parquet));

    assertThat(result.rows() + result.deadLetters()).isEqualTo(500_000);
    assertThat(result.rows()).isPositive();
    assertThat(result.firstProblems()).singleElement().asString().contains("damaged from here on");
    assertThat(bed.fixture().rows(numbers.table())).hasSize((int) result.rows());
  }
}
