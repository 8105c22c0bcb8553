package io.tidemark.job;

import static io.tidemark.testing.JobBed.row;
import static io.tidemark.testing.JobBed.sliced;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.model.Dataset;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.Grain;
import io.tidemark.model.Graph;
import io.tidemark.model.Location;
import io.tidemark.model.RecordJson;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.Transform;
import io.tidemark.testing.JobBed;
import io.tidemark.testing.LakeFixture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The job jar's main as a person calls it; without a cluster around it, it runs in process. */
class BackfillIT {
  private static JobBed bed;
  private static Dataset out;
  private static Path graph;
  private static Path catalog;

  @BeforeAll
  static void open(@TempDir Path dir) throws IOException {
    bed = JobBed.open(dir);
    Dataset in =
        bed.dataset("events", sliced("at", Grain.DAY, Grain.DAY), "id BIGINT", "at TIMESTAMP(6)");
    out = bed.dataset("out", sliced("at", Grain.DAY, Grain.DAY), "id BIGINT", "at TIMESTAMP(6)");
    List<List<Object>> rows = new ArrayList<>();
    for (long i = 0; i < 10; i++) {
      rows.add(row(i, Instant.parse("2001-01-01T12:00:00Z").plus(Duration.ofDays(i))));
    }
    bed.append(in, rows);
    Transform transform =
        new Transform(
            out.id(),
            new Transform.Sql("SELECT id, `at` + INTERVAL '1' DAY AS `at` FROM events"),
            List.of(in.id()),
            new Transform.Window(Duration.ofDays(1), Duration.ZERO),
            "1",
            JobBed.analysis(io.tidemark.model.Analysis.Locality.PRESERVED),
            Location.of("pipeline.yaml"));
    Dataset source =
        new Dataset(
            in.id(),
            Dataset.Kind.SOURCE,
            in.table(),
            in.schema(),
            in.key(),
            in.layout(),
            in.governance());
    Graph made =
        new Graph(
            "g", List.of(source, out), List.of(transform), List.of(), Fingerprint.of("revision"));
    graph = Files.writeString(dir.resolve("graph.json"), RecordJson.write(made, Graph.class));
    catalog =
        Files.writeString(
            dir.resolve("catalog.properties"),
            bed.fixture().spec().properties().entrySet().stream()
                .map(e -> e.getKey() + "=" + e.getValue())
                .collect(Collectors.joining("\n", "name=lake\n", "\n")));
  }

  @AfterAll
  static void close() {
    bed.close();
  }

  private static String[] arguments(String... changes) {
    List<String> args =
        new ArrayList<>(
            List.of(
                "backfill",
                "--jobs",
                graph.toString(),
                "--catalog",
                catalog.toString(),
                "--transform",
                "out",
                "--from",
                "2001-01-03",
                "--to",
                "2001-01-05T00:00:00Z",
                "--branch",
                "by-hand"));
    for (int i = 0; i < changes.length; i += 2) {
      args.set(args.indexOf(changes[i]) + 1, changes[i + 1]);
    }
    return args.toArray(String[]::new);
  }

  @Test
  void recomputesTheRangeOnABranchOnce() throws Exception {
    JobMain.main(arguments());
    long head = bed.fixture().head(out.table(), "by-hand");
    assertThat(bed.fixture().rows(out.table(), head))
        .containsExactly("[1, 2001-01-03T12:00]", "[2, 2001-01-04T12:00]");
    assertThat(bed.fixture().rows(out.table())).isEmpty();

    JobMain.main(arguments());
    assertThat(bed.fixture().head(out.table(), "by-hand")).isEqualTo(head);
    assertThat(LakeFixture.files(bed.fixture().table(out.table()), head)).hasSize(2);
  }

  @Test
  void saysWhatIsWrongWithTheArguments() {
    requireUsage("expected 'spec'", "run");
    requireUsage("neither a file nor base64", "spec", "???");
    requireUsage("unknown option '--form'", "backfill", "--form", "x");
    requireUsage("--jobs is missing", "backfill");
    requireUsage("cannot read file", arguments("--jobs", "/no/graph.json"));
    requireUsage("is no JSON", arguments("--jobs", catalog.toString()));
    requireUsage("no transform 'events'", arguments("--transform", "events"));
    requireUsage("no date and no instant", arguments("--from", "yesterday"));
    requireUsage("make no range", arguments("--from", "2001-01-05"));
    requireUsage("cut through a slice", arguments("--to", "2001-01-05T01:00:00Z"));
    requireUsage("--branch is main", arguments("--branch", "main"));
    requireUsage("there is no /no/classes", with("--classes", "/no/classes"));
    requireUsage("--classes is given", with("--classes", graph.toString()));
  }

  private static String[] with(String... more) {
    List<String> args = new ArrayList<>(List.of(arguments()));
    args.addAll(List.of(more));
    return args.toArray(String[]::new);
  }

  private static void requireUsage(String text, String... args) {
    assertThatThrownBy(() -> JobMain.main(args))
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> {
              assertThat(e.category()).isEqualTo(TidemarkException.Category.USAGE);
              assertThat(e.problems().get(0).what()).contains(text);
            });
  }
}
