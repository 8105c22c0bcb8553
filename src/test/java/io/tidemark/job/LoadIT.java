package io.tidemark.job;

import static io.tidemark.job.JobBed.sliced;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.model.Dataset;
import io.tidemark.model.Grain;
import io.tidemark.model.JobResult;
import io.tidemark.model.JobSpec;
import io.tidemark.model.JobSpec.Load.Format;
import io.tidemark.model.JobSpec.Load.Mode;
import io.tidemark.model.RecordJson;
import io.tidemark.model.SliceSet;
import io.tidemark.model.SliceStats;
import io.tidemark.model.Stamp;
import io.tidemark.model.TableRef;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
        new JobSpec.Output(
            to.id(),
            to.table(),
            "main",
            to.schema(),
            to.key(),
            to.layout(),
            SliceSet.empty(to.layout().slice())),
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
}
