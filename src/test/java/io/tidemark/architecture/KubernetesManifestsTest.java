package io.tidemark.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The manifests under docker/kubernetes say what the Flink Kubernetes Operator's schemas know. */
class KubernetesManifestsTest {
  private static final Path FOLDER = Path.of("docker/kubernetes");

  private static List<Map<?, ?>> documents(String file) throws IOException {
    List<Map<?, ?>> documents = new ArrayList<>();
    for (Object document : load().loadAllFromString(Files.readString(FOLDER.resolve(file)))) {
      documents.add((Map<?, ?>) document);
    }
    return documents;
  }

  private static Load load() {
    return new Load(LoadSettings.builder().setMaxAliasesForCollections(1000).build());
  }

  /** As the operator's own jar brings it. */
  private static Map<?, ?> schema(String kind) throws IOException {
    String name =
        "/META-INF/fabric8/" + kind.toLowerCase(Locale.ROOT) + "s.flink.apache.org-v1.yml";
    try (InputStream in = KubernetesManifestsTest.class.getResourceAsStream(name)) {
      Map<?, ?> definition =
          (Map<?, ?>)
              new Load(LoadSettings.builder().setCodePointLimit(10_000_000).build())
                  .loadFromInputStream(in);
      List<?> versions = (List<?>) at(definition, "spec", "versions");
      return (Map<?, ?>) at((Map<?, ?>) versions.get(0), "schema", "openAPIV3Schema");
    }
  }

  private static Object at(Map<?, ?> map, String... path) {
    Object value = map;
    for (String key : path) {
      value = ((Map<?, ?>) value).get(key);
    }
    return value;
  }

  @ParameterizedTest
  @CsvSource({
    "flink.yaml, FlinkDeployment",
    "live.yaml, FlinkDeployment",
    "backfill.yaml, FlinkSessionJob"
  })
  void everyKeyAndValueIsInTheOperatorsSchema(String file, String kind) throws IOException {
    Map<?, ?> manifest = documents(file).get(0);

    assertThat(manifest.get("apiVersion")).isEqualTo("flink.apache.org/v1beta1");
    assertThat(manifest.get("kind")).isEqualTo(kind);
    assertThat(
            problems(
                "spec", manifest.get("spec"), (Map<?, ?>) at(schema(kind), "properties", "spec")))
        .allMatch(
            // The schema at hand is older than Flink 2.2; newer ones only add to this list.
            p -> p.equals("spec.flinkVersion: v2_2 is none of its values"));
  }

  @Test
  void aKeyOrValueThatIsNotInTheSchemaIsFound() throws IOException {
    Map<?, ?> spec =
        Map.of(
            "deploymentNam",
            "x",
            "job",
            Map.of("parallelism", "4", "upgradeMode", "never", "args", List.of(1)));

    assertThat(
            problems("spec", spec, (Map<?, ?>) at(schema("FlinkSessionJob"), "properties", "spec")))
        .containsExactlyInAnyOrder(
            "spec.deploymentNam: unknown",
            "spec.job.parallelism: 4 is no integer",
            "spec.job.upgradeMode: never is none of its values",
            "spec.job.args: 1 is no string");
  }

  @Test
  void theBackfillRunsOnTheClusterThatTheOtherManifestMakesAndTheConfigNames() throws IOException {
    Map<?, ?> cluster = documents("flink.yaml").get(0);
    Object name = at(cluster, "metadata", "name");

    assertThat(at(documents("backfill.yaml").get(0), "spec", "deploymentName")).isEqualTo(name);
    assertThat(Files.readString(Path.of("config/kubernetes.yaml")))
        .contains("http://" + name + "-rest:8081");
  }

  @ParameterizedTest
  @ValueSource(strings = {"tidemark.yaml"})
  void everyVolumeThatIsMountedIsThereAndNoContainerIsRoot(String file) throws IOException {
    Map<?, ?> pod = (Map<?, ?>) at(documents(file).get(0), "spec", "template", "spec");
    Set<Object> volumes = new TreeSet<>();
    ((List<?>) pod.get("volumes")).forEach(v -> volumes.add(((Map<?, ?>) v).get("name")));

    assertThat(at(pod, "securityContext", "runAsNonRoot")).isEqualTo(true);
    for (Object container : (List<?>) pod.get("containers")) {
      for (Object mount : (List<?>) ((Map<?, ?>) container).get("volumeMounts")) {
        assertThat(volumes).contains(((Map<?, ?>) mount).get("name"));
      }
    }
  }

  /** What of a value a schema does not know; Kubernetes would drop such keys without a word. */
  private static List<String> problems(String path, Object value, Map<?, ?> schema) {
    if (Boolean.TRUE.equals(schema.get("x-kubernetes-preserve-unknown-fields"))
        || Boolean.TRUE.equals(schema.get("x-kubernetes-int-or-string"))) {
      return List.of();
    }
    List<String> problems = new ArrayList<>();
    if (value instanceof Map<?, ?> map && "object".equals(schema.get("type"))) {
      Map<?, ?> known = schema.get("properties") instanceof Map<?, ?> m ? m : Map.of();
      map.forEach(
          (key, inner) -> {
            String here = path + "." + key;
            if (known.get(key) instanceof Map<?, ?> found) {
              problems.addAll(problems(here, inner, found));
            } else if (schema.get("additionalProperties") instanceof Map<?, ?> any) {
              problems.addAll(problems(here, inner, any));
            } else {
              problems.add(here + ": unknown");
            }
          });
    } else if (value instanceof List<?> list && "array".equals(schema.get("type"))) {
      list.forEach(item -> problems.addAll(problems(path, item, (Map<?, ?>) schema.get("items"))));
    } else if (!isOfType(value, String.valueOf(schema.get("type")))) {
      problems.add(path + ": " + value + " is no " + schema.get("type"));
    } else if (schema.get("enum") instanceof List<?> values && !values.contains(value)) {
      problems.add(path + ": " + value + " is none of its values");
    }
    return problems;
  }

  private static boolean isOfType(Object value, String type) {
    return switch (type) {
      case "string" -> value instanceof String;
      case "integer" -> value instanceof Integer || value instanceof Long;
      case "number" -> value instanceof Number;
      case "boolean" -> value instanceof Boolean;
      default -> false;
    };
  }
}
