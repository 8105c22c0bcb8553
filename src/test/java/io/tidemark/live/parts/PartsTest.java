package io.tidemark.live.parts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tidemark.model.Analysis;
import io.tidemark.model.Column;
import io.tidemark.model.Dataset;
import io.tidemark.model.Dataset.Kind;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.Governance;
import io.tidemark.model.Grain;
import io.tidemark.model.Graph;
import io.tidemark.model.Layout;
import io.tidemark.model.Location;
import io.tidemark.model.Problem;
import io.tidemark.model.Schema;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.Topic;
import io.tidemark.model.Transform;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class PartsTest {
  private final List<Dataset> datasets = new ArrayList<>();
  private final List<Transform> transforms = new ArrayList<>();

  private void dataset(String name, Kind kind, boolean topic) {
    datasets.add(
        new Dataset(
            DatasetId.of(name),
            kind,
            new TableRef("ns", name),
            new Schema(List.of(Column.required("at", "TIMESTAMP(3)"))),
            List.of(),
            new Layout(Optional.of("at"), Grain.HOUR, Grain.HOUR),
            new Governance(Governance.Tier.STANDARD, "", "", List.of()),
            topic
                ? Optional.of(
                    new Topic(
                        name, Topic.Format.JSON, Duration.ZERO, Duration.ZERO, Duration.ofDays(1)))
                : Optional.empty()));
  }

  /**
   * @param inputs a name, with {@code @} before it if its table is followed
   */
  private void made(String name, String... inputs) {
    dataset(name, Kind.DERIVED, false);
    List<DatasetId> follows =
        Arrays.stream(inputs)
            .filter(i -> i.startsWith("@"))
            .map(i -> DatasetId.of(i.substring(1)))
            .toList();
    Fingerprint none = Fingerprint.of(name);
    transforms.add(
        new Transform(
            DatasetId.of(name),
            new Transform.Sql("SELECT 1"),
            Arrays.stream(inputs).map(i -> DatasetId.of(i.replace("@", ""))).toList(),
            Transform.Window.EXACT,
            "",
            new Analysis(
                none,
                none,
                new TreeMap<>(),
                new TreeMap<>(),
                new TreeMap<>(),
                List.of(),
                Analysis.Locality.SHUFFLED),
            new Location("jobs/p/pipeline.yaml", 1, 1),
            follows.isEmpty() ? Optional.empty() : Optional.of(new Transform.Following(follows))));
  }

  private Graph graph() {
    return new Graph("shop", datasets, transforms, List.of(), Fingerprint.of("r"));
  }

  /** Each part as its name with what it makes and what else it reads. */
  private List<String> parts() {
    return Parts.of(graph()).stream()
        .map(
            part ->
                part.name()
                    + part.transforms().stream().map(Transform::output).toList()
                    + part.datasets().stream()
                        .map(Dataset::id)
                        .filter(id -> part.transformOf(id).isEmpty())
                        .toList())
        .toList();
  }

  private List<Problem> problems() {
    return catchThrowableOfType(TidemarkException.class, () -> Parts.of(graph())).problems();
  }

  @Test
  void aPipelineThatFollowsNothingIsOneJobAsItIs() {
    dataset("events", Kind.SOURCE, true);
    made("clean", "events");
    made("totals", "clean");

    assertThat(Parts.of(graph())).containsExactly(graph());
    assertThat(Parts.following(graph(), DatasetId.of("clean"))).isEmpty();
  }

  @Test
  void eachTransformThatFollowsBeginsAJobOfWhatIsHandedOnInMemory() {
    dataset("events", Kind.SOURCE, true);
    dataset("orders", Kind.SOURCE, true);
    dataset("rates", Kind.REFERENCE, false);
    made("clean", "events");
    made("totals", "@clean", "rates");
    made("months", "totals");
    made("alone", "orders", "rates");
    made("top", "@months", "@alone");

    assertThat(parts())
        .containsExactly(
            "shop[clean, alone][events, orders, rates]",
            "shop.totals[totals, months][rates, clean]",
            "shop.top[top][months, alone]");
    assertThat(Parts.of(graph(), DatasetId.of("months")).name()).isEqualTo("shop.totals");
    assertThat(Parts.of(graph(), DatasetId.of("orders")).name()).isEqualTo("shop");
    assertThat(Parts.following(graph(), DatasetId.of("alone")))
        .extracting(Graph::name)
        .containsExactly("shop.top");
    assertThat(Parts.followed(Parts.of(graph(), DatasetId.of("top"))))
        .containsExactly(DatasetId.of("months"), DatasetId.of("alone"));
    assertThat(Parts.names(graph())).contains("shop", "shop.totals", "shop.top", "shop.months");
  }

  @Test
  void twoThatFollowTheSameTableAreTwoJobs() {
    dataset("events", Kind.SOURCE, true);
    made("clean", "events");
    made("hours", "@clean");
    made("days", "@clean");

    assertThat(parts())
        .containsExactly(
            "shop[clean][events]", "shop.hours[hours][clean]", "shop.days[days][clean]");
  }

  @Test
  void whoFollowsComesAfterWhatItFollowsThoughAnotherOfItsTransformsComesFirst() {
    dataset("events", Kind.SOURCE, true);
    dataset("clicks", Kind.SOURCE, true);
    made("clean", "events");
    made("pages", "clicks");
    made("totals", "@clean");
    made("joined", "pages", "@totals");

    assertThat(parts())
        .containsExactly(
            "shop[clean][events]",
            "shop.totals[totals][clean]",
            "shop.pages[pages, joined][clicks, totals]");
  }

  @Test
  void aTopicOfItsOwnBelongsToTheJobThatFollows() {
    dataset("events", Kind.SOURCE, true);
    dataset("clicks", Kind.SOURCE, true);
    made("clean", "events");
    made("joined", "@clean", "clicks");

    assertThat(parts())
        .containsExactly("shop[clean][events]", "shop.joined[joined][clicks, clean]");
    assertThat(Parts.of(graph(), DatasetId.of("clicks")).name()).isEqualTo("shop.joined");
  }

  @Test
  void whoReadsATopicTogetherWithWhatItFollowsWouldWaitForItself() {
    dataset("events", Kind.SOURCE, true);
    made("clean", "events");
    made("joined", "events", "@clean");

    assertThat(problems())
        .singleElement()
        .satisfies(
            p -> {
              assertThat(p.code()).isEqualTo("TM-LIVE-106");
              assertThat(p.what())
                  .isEqualTo("'joined' cannot follow 'clean': one live job makes both");
            });
  }

  @Test
  void jobsThatWouldWaitForEachOtherAreRefused() {
    dataset("events", Kind.SOURCE, true);
    dataset("clicks", Kind.SOURCE, true);
    made("base", "clicks");
    made("one", "events");
    made("left", "@one", "base");
    made("other", "@left", "events");

    assertThat(problems())
        .isNotEmpty()
        .allSatisfy(p -> assertThat(p.code()).isEqualTo("TM-LIVE-106"))
        .anySatisfy(
            p -> assertThat(p.what()).endsWith("their live jobs would wait for each other"));
  }
}
