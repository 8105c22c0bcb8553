package io.tidemark.testing;

import io.tidemark.model.Analysis;
import io.tidemark.model.Column;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.Grain;
import io.tidemark.model.JobSpec;
import io.tidemark.model.Layout;
import io.tidemark.model.Location;
import io.tidemark.model.Schema;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.TableRef;
import io.tidemark.model.Transform;
import java.util.List;
import java.util.TreeMap;

/** Small job specs for tests that care for little of what is in them. */
public final class Specs {
  private Specs() {}

  /** A build of the dataset {@code out} by a Java class. */
  public static JobSpec.Build build(String key, String className) {
    DatasetId out = DatasetId.of("out");
    Schema schema = new Schema(List.of(Column.required("id", "BIGINT")));
    Transform transform =
        new Transform(
            out,
            new Transform.JavaClass(className, List.of()),
            List.of(),
            Transform.Window.EXACT,
            "1",
            new Analysis(
                Fingerprint.of(className),
                Fingerprint.of(className),
                new TreeMap<>(),
                new TreeMap<>(),
                new TreeMap<>(),
                List.of(),
                Analysis.Locality.SHUFFLED),
            Location.of("pipeline.yaml"));
    JobSpec.Output output =
        new JobSpec.Output(
            out,
            TableRef.parse("db.out"),
            "branch",
            schema,
            List.of("id"),
            Layout.unsliced(),
            SliceSet.range(Grain.ALL, 0, 1));
    Stamp stamp =
        new Stamp(
            key,
            Stamp.Kind.BUILD,
            out,
            Stamp.Origin.NONE,
            new Stamp.Content(Grain.ALL, List.of(), List.of()),
            "");
    return new JobSpec.Build(
        key,
        new JobSpec.CatalogSpec("none", new TreeMap<>()),
        transform,
        List.of(),
        output,
        List.of(),
        stamp,
        "result.json");
  }
}
