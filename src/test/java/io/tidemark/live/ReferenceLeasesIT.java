package io.tidemark.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.lake.Lake;
import io.tidemark.lake.Lakes;
import io.tidemark.model.Column;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.Governance;
import io.tidemark.model.Graph;
import io.tidemark.model.JobSpec;
import io.tidemark.model.Layout;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Schema;
import io.tidemark.model.TableRef;
import io.tidemark.model.TimeRanges;
import io.tidemark.testing.LakeFixture;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ReferenceLeasesIT {
  private static final TableRef RATES = TableRef.parse("ns.rates");

  @TempDir Path dir;

  private static LiveSpec order(LakeFixture fixture, Dataset rates, String name, String job) {
    return new LiveSpec(
        name,
        job,
        1,
        fixture.spec(),
        new LiveSpec.Streaming(new TreeMap<>(), Duration.ofSeconds(1), "file:///dev/null"),
        List.of(),
        List.of(JobSpec.Input.of(rates, fixture.head(RATES), TimeRanges.ALL)),
        List.of());
  }

  @Test
  void aReferenceStaysAsLongAsAnyJobMayReadItAgain() {
    Dataset rates =
        new Dataset(
            DatasetId.of("rates"),
            Dataset.Kind.REFERENCE,
            RATES,
            new Schema(List.of(Column.required("code", "STRING"))),
            List.of("code"),
            Layout.unsliced(),
            new Governance(Governance.Tier.STANDARD, "", "", List.of()));
    Graph graph = new Graph("shop", List.of(rates), List.of(), List.of(), Fingerprint.of("1"));
    try (LakeFixture fixture = new LakeFixture(LakeFixture.sqlite(dir));
        Lake lake = Lakes.open(LakeFixture.sqlite(dir))) {
      lake.ensure(rates);
      ReferenceLeases leases = new ReferenceLeases(lake);
      fixture.append(RATES, List.of(List.of("EUR")));
      LiveSpec first = order(fixture, rates, "shop", "shop-1-a");
      leases.take(first, Instant.now());
      leases.only(graph, first);
      fixture.append(RATES, List.of(List.of("USD")));
      LiveSpec second = order(fixture, rates, "shop", "shop-2-b");
      LiveSpec shadow = order(fixture, rates, "shop@shadow", "shop@shadow-1-c");
      leases.take(shadow, Instant.now());
      leases.take(second, Instant.now());
      fixture.append(RATES, List.of(List.of("CHF")));
      fixture.expire(RATES);

      long pin = second.references().get(0).snapshot();
      assertThat(fixture.table(RATES).snapshot(first.references().get(0).snapshot())).isNotNull();
      leases.only(graph, second);
      fixture.expire(RATES);
      assertThat(fixture.table(RATES).snapshot(first.references().get(0).snapshot())).isNull();
      assertThat(fixture.table(RATES).snapshot(pin)).isNotNull();
      leases.none(graph, "shop");
      assertThat(lake.holders(RATES)).containsExactly("live/shop@shadow/shop@shadow-1-c");
      leases.none(graph, "shop@shadow");
      fixture.expire(RATES);
      assertThat(fixture.table(RATES).snapshot(pin)).isNull();
    }
  }
}
