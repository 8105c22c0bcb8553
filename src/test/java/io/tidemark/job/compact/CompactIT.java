package io.tidemark.job.compact;

import static io.tidemark.testing.JobBed.at;
import static io.tidemark.testing.JobBed.months;
import static io.tidemark.testing.JobBed.row;
import static io.tidemark.testing.JobBed.sliced;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.model.ContentHash;
import io.tidemark.model.Dataset;
import io.tidemark.model.Grain;
import io.tidemark.model.JobResult;
import io.tidemark.model.JobSpec;
import io.tidemark.model.RecordJson;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.TidemarkException;
import io.tidemark.testing.JobBed;
import io.tidemark.testing.LakeFixture;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataOperations;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compactions as Flink jobs over real files: the same rows in fewer of them. */
class CompactIT {
  @TempDir static Path dir;
  private static JobBed bed;

  @BeforeAll
  static void open() {
    bed = JobBed.open(dir);
  }

  @AfterAll
  static void close() {
    bed.close();
  }

  private static LakeFixture fixture() {
    return bed.fixture();
  }

  /** Slices of many files, as live jobs leave them: every append is one of each month. */
  private static Dataset fragments(String name, int appends) {
    Dataset dataset =
        bed.dataset(
            name,
            sliced("at", Grain.MONTH, Grain.MONTH),
            "id BIGINT NOT NULL",
            "at TIMESTAMP(6)",
            "amount INT");
    for (long i = 0; i < appends; i++) {
      bed.append(
          dataset,
          List.of(
              row(i, at("2001-01-05T00:00:00Z").plusSeconds(i), (int) i),
              row(100 + i, at("2001-02-05T00:00:00Z").plusSeconds(i), null)));
    }
    return dataset;
  }

  private static JobSpec.Compact job(
      Dataset dataset, String key, String slices, Stamp.SliceDigest... known) {
    SliceSet wanted = months(slices);
    return new JobSpec.Compact(
        key,
        fixture().spec(),
        JobSpec.Output.of(dataset, "compact-test", wanted),
        fixture().head(dataset.table()),
        Arrays.asList(known),
        new Stamp(
            key,
            Stamp.Kind.COMPACT,
            dataset.id(),
            Stamp.Origin.NONE,
            new Stamp.Content(wanted.grain(), List.of(), List.of()),
            ""),
        bed.lake().documentPath(dataset.table(), key.replace('/', '-') + ".json"));
  }

  private static JobResult.Compacted run(Dataset dataset, JobSpec.Compact job) {
    bed.run(job);
    return RecordJson.read(
        bed.lake().readText(dataset.table(), job.resultPath()).orElseThrow(),
        JobResult.Compacted.class);
  }

  private static List<DataFile> files(Dataset dataset) {
    Table table = fixture().table(dataset.table());
    return LakeFixture.files(table, table.currentSnapshot().snapshotId());
  }

  private static long onDisk(Dataset dataset) throws Exception {
    Path data = Path.of(fixture().table(dataset.table()).location().replace("file:", ""), "data");
    try (Stream<Path> all = Files.walk(data)) {
      return all.filter(p -> p.toString().endsWith(".parquet")).count();
    }
  }

  @Test
  void theSameRowsAreInOneFilePerSliceAndOtherSlicesAreLeftAlone() {
    Dataset dataset = fragments("whole", 6);
    List<String> rows = fixture().rows(dataset.table());
    JobSpec.Compact job = job(dataset, "c1", "2001-01");

    JobResult.Compacted result = run(dataset, job);

    assertThat(fixture().rows(dataset.table())).isEqualTo(rows);
    assertThat(files(dataset)).hasSize(1 + 6);
    assertThat(result.filesBefore()).isEqualTo(6);
    assertThat(result.filesAfter()).isEqualTo(1);
    assertThat(result.rows()).isEqualTo(6);
    assertThat(result.skipped().isEmpty()).isTrue();
    Snapshot head = fixture().table(dataset.table()).currentSnapshot();
    assertThat(head.operation()).isEqualTo(DataOperations.REPLACE);
    assertThat(bed.lake().find(dataset.table(), "main", "c1").orElseThrow().stamp().content())
        .satisfies(content -> assertThat(content.sliceSet()).isEqualTo(months("2001-01")));
  }

  @Test
  void theSameOrderTwiceIsDoneOnce() throws Exception {
    Dataset dataset = fragments("twice", 4);
    JobSpec.Compact job = job(dataset, "c2", "2001-01..2001-02");
    run(dataset, job);
    long head = fixture().head(dataset.table());
    long files = onDisk(dataset);

    run(dataset, job);

    assertThat(fixture().head(dataset.table())).isEqualTo(head);
    assertThat(onDisk(dataset)).as("the second attempt left nothing behind").isEqualTo(files);
  }

  @Test
  void aSliceThatWasReplacedMeanwhileIsLeftOutAndRowsThatCameMeanwhileStay() {
    Dataset dataset = fragments("moved", 4);
    JobSpec.Compact job = job(dataset, "c3", "2001-01..2001-02");
    fixture().compact(dataset.table());
    bed.append(dataset, List.of(row(50L, at("2001-02-07T00:00:00Z"), 5)));
    List<String> rows = fixture().rows(dataset.table());

    JobResult.Compacted all = run(dataset, job);

    assertThat(all.skipped()).isEqualTo(months("2001-01..2001-02"));
    assertThat(all.rows()).isZero();
    assertThat(fixture().rows(dataset.table())).isEqualTo(rows);

    JobSpec.Compact later = job(dataset, "c4", "2001-02");
    bed.append(dataset, List.of(row(51L, at("2001-02-08T00:00:00Z"), 6)));
    List<String> more = fixture().rows(dataset.table());

    JobResult.Compacted part = run(dataset, later);

    assertThat(part.skipped().isEmpty()).isTrue();
    assertThat(part.filesBefore()).isEqualTo(2);
    assertThat(fixture().rows(dataset.table())).isEqualTo(more);
  }

  @Test
  void columnsThatTheProjectDoesNotKnowAreKept() {
    Dataset dataset = fragments("wider", 2);
    Table table = fixture().table(dataset.table());
    table.updateSchema().addColumn("extra", Types.StringType.get()).commit();
    fixture()
        .append(
            dataset.table(), List.of(row(9L, Instant.parse("2001-01-09T00:00:00Z"), 9, "kept")));
    List<String> rows = fixture().rows(dataset.table());
    assertThat(rows).anyMatch(r -> r.contains("kept"));

    run(dataset, job(dataset, "c5", "2001-01"));

    assertThat(fixture().rows(dataset.table())).isEqualTo(rows);
    assertThat(files(dataset)).hasSize(1 + 2);
  }

  @Test
  void rowsThatAreNotWhatTheStampSaysAreNotCompacted() throws Exception {
    Dataset dataset = fragments("stamped", 4);
    long head = fixture().head(dataset.table());
    long files = onDisk(dataset);
    long january = months("2001-01").ordinals().findFirst().orElseThrow();
    JobSpec.Compact job =
        job(dataset, "c6", "2001-01", new Stamp.SliceDigest(january, 4, new ContentHash(1, 2)));

    assertThatThrownBy(() -> bed.run(job))
        .isInstanceOf(TidemarkException.class)
        .hasMessageContaining("cannot be compacted");

    assertThat(fixture().head(dataset.table())).isEqualTo(head);
    assertThat(onDisk(dataset)).isEqualTo(files);
  }
}
