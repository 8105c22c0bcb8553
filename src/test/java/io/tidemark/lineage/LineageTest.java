package io.tidemark.lineage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.model.Analysis;
import io.tidemark.model.Analysis.ColumnRef;
import io.tidemark.model.Column;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.Governance;
import io.tidemark.model.Graph;
import io.tidemark.model.Layout;
import io.tidemark.model.Location;
import io.tidemark.model.Schema;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.Transform;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** flights -> clean -> daily (SQL) and report (Java). */
class LineageTest {
  private static final Lineage LINEAGE =
      new Lineage(
          new Graph(
              "p",
              List.of(
                  dataset("flights", Dataset.Kind.SOURCE, "delay", "km", "cancelled"),
                  dataset("clean", Dataset.Kind.DERIVED, "delay", "miles"),
                  dataset("daily", Dataset.Kind.DERIVED, "late"),
                  dataset("report", Dataset.Kind.DERIVED, "text")),
              List.of(
                  sql(
                      "clean",
                      "flights",
                      List.of("delay", "km", "cancelled"),
                      "delay=flights.delay",
                      "miles=flights.km"),
                  sql("daily", "clean", List.of("delay"), "late=clean.delay"),
                  sql("report", "clean", List.of("delay", "miles"))),
              List.of(),
              Fingerprint.of("revision")));

  private static Dataset dataset(String name, Dataset.Kind kind, String... columns) {
    return new Dataset(
        DatasetId.of(name),
        kind,
        new TableRef("lake", name),
        new Schema(Arrays.stream(columns).map(c -> Column.nullable(c, "INT")).toList()),
        List.of(),
        Layout.unsliced(),
        new Governance(Governance.Tier.STANDARD, "", "", List.of()));
  }

  private static Transform sql(String output, String input, List<String> reads, String... values) {
    SortedMap<String, SortedSet<ColumnRef>> lineage = new TreeMap<>();
    for (String value : values) {
      String[] sides = value.split("[=.]");
      lineage.put(
          sides[0], new TreeSet<>(List.of(new ColumnRef(DatasetId.of(sides[1]), sides[2]))));
    }
    return new Transform(
        DatasetId.of(output),
        new Transform.Sql("SELECT"),
        List.of(DatasetId.of(input)),
        Transform.Window.EXACT,
        "",
        new Analysis(
            Fingerprint.of(output),
            Fingerprint.of(output),
            new TreeMap<>(),
            new TreeMap<>(java.util.Map.of(DatasetId.of(input), new TreeSet<>(reads))),
            lineage,
            List.of(),
            Analysis.Locality.SHUFFLED),
        Location.of("jobs/p/pipeline.yaml"));
  }

  private static List<String> up(String dataset, String column) {
    return text(LINEAGE.trace(DatasetId.of(dataset), Optional.ofNullable(column)).upstream());
  }

  private static List<String> down(String dataset, String column) {
    return text(LINEAGE.trace(DatasetId.of(dataset), Optional.ofNullable(column)).downstream());
  }

  private static List<String> text(List<Lineage.Edge> edges) {
    return edges.stream().map(e -> e.from() + " -> " + e.to()).toList();
  }

  @Test
  void aColumnIsFollowedThroughAllTransformsBothWays() {
    assertThat(up("daily", "late"))
        .containsExactly("clean.delay -> daily.late", "flights.delay -> clean.delay");
    assertThat(down("flights", "delay"))
        .containsExactly(
            "flights.delay -> clean.delay", "clean.delay -> daily.late", "clean.delay -> report");
  }

  @Test
  void aColumnThatOnlyFiltersLeadsToTheWholeOutput() {
    assertThat(down("flights", "cancelled"))
        .containsExactly("flights.cancelled -> clean", "clean -> daily", "clean -> report");
  }

  @Test
  void codeThatCannotBeTakenApartComesFromWholeInputs() {
    assertThat(up("report", "text")).containsExactly("clean -> report.text", "flights -> clean");
  }

  @Test
  void aColumnThatIsNotReadLeadsNowhere() {
    assertThat(down("clean", "miles")).containsExactly("clean.miles -> report");
    assertThat(down("daily", "late")).isEmpty();
  }

  @Test
  void datasetsAreFollowedAsWholes() {
    assertThat(down("flights", null))
        .containsExactly("flights -> clean", "clean -> daily", "clean -> report");
    assertThat(up("flights", null)).isEmpty();
  }

  @Test
  void unknownNamesAreTheUsersMistakeAndTheNearestIsNamed() {
    requireMistake("flight", null, "TM-LINEAGE-001", "did you mean 'flights'?");
    requireMistake("flights", "dealy", "TM-LINEAGE-002", "did you mean 'delay'?");
  }

  private void requireMistake(String dataset, String column, String code, String fix) {
    assertThatThrownBy(() -> up(dataset, column))
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> {
              assertThat(e.problems().get(0).code()).isEqualTo(code);
              assertThat(e.problems().get(0).fix()).isEqualTo(fix);
            });
  }
}
