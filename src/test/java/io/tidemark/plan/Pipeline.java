package io.tidemark.plan;

import io.tidemark.model.Column;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.ExpectedChange;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.Governance;
import io.tidemark.model.Governance.Tier;
import io.tidemark.model.Grain;
import io.tidemark.model.Graph;
import io.tidemark.model.Layout;
import io.tidemark.model.Location;
import io.tidemark.model.Schema;
import io.tidemark.model.TableRef;
import io.tidemark.model.Transform;
import io.tidemark.model.Transform.Window;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Puts a graph together for tests. Columns are BIGINT, event time is TIMESTAMP(6) {@code ts}. */
final class Pipeline {
  private final Map<String, Dataset> datasets = new LinkedHashMap<>();
  private final Map<String, Transform> transforms = new LinkedHashMap<>();
  private final List<ExpectedChange> changes = new ArrayList<>();

  Pipeline source(String name, Grain grain, String... columns) {
    return dataset(name, Dataset.Kind.SOURCE, grain, columns);
  }

  Pipeline reference(String name, String... columns) {
    return dataset(name, Dataset.Kind.REFERENCE, Grain.ALL, columns);
  }

  Pipeline derived(String name, Grain grain, Window window, Code code, String... inputs) {
    dataset(name, Dataset.Kind.DERIVED, grain, code.columns().keySet().toArray(String[]::new));
    return code(name, window, code, inputs);
  }

  Pipeline code(String name, Window window, Code code, String... inputs) {
    transforms.put(
        name,
        new Transform(
            DatasetId.of(name),
            new Transform.Sql("SELECT"),
            List.of(inputs).stream().map(DatasetId::of).toList(),
            window,
            "",
            code.analysis(),
            Location.of("jobs/p/pipeline.yaml")));
    return this;
  }

  Pipeline tier(String name, Tier tier) {
    Governance governance = new Governance(tier, "", "", List.of());
    datasets.computeIfPresent(name, (n, d) -> with(d, d.schema(), governance));
    return this;
  }

  Pipeline described(String name, String description) {
    datasets.computeIfPresent(
        name,
        (n, d) ->
            with(d, d.schema(), new Governance(d.governance().tier(), "", description, List.of())));
    return this;
  }

  Pipeline schema(String name, Column... columns) {
    Schema schema = new Schema(List.of(columns));
    datasets.computeIfPresent(name, (n, d) -> with(d, schema, d.governance()));
    return this;
  }

  Pipeline change(String name) {
    changes.add(new ExpectedChange(name, "", new TreeMap<>(), Location.of(name + ".yaml")));
    return this;
  }

  Pipeline without(String name) {
    datasets.remove(name);
    transforms.remove(name);
    return this;
  }

  Graph graph() {
    return graph("revision 1");
  }

  Graph graph(String revision) {
    return new Graph(
        "p",
        List.copyOf(datasets.values()),
        List.copyOf(transforms.values()),
        changes,
        Fingerprint.of(revision));
  }

  static Window hours(int lookback, int lookahead) {
    return new Window(Duration.ofHours(lookback), Duration.ofHours(lookahead));
  }

  private Pipeline dataset(String name, Dataset.Kind kind, Grain grain, String... columns) {
    boolean timed = grain != Grain.ALL;
    List<Column> all = new ArrayList<>();
    if (timed) {
      all.add(Column.nullable("ts", "TIMESTAMP(6)"));
    }
    for (String column : columns) {
      if (!column.equals("ts")) {
        all.add(Column.nullable(column, "BIGINT"));
      }
    }
    datasets.put(
        name,
        new Dataset(
            DatasetId.of(name),
            kind,
            new TableRef("lake", name),
            new Schema(all),
            List.of(),
            timed ? new Layout(Optional.of("ts"), grain, grain) : Layout.unsliced(),
            new Governance(Tier.STANDARD, "", "", List.of())));
    return this;
  }

  private static Dataset with(Dataset d, Schema schema, Governance governance) {
    return new Dataset(d.id(), d.kind(), d.table(), schema, d.key(), d.layout(), governance);
  }
}
