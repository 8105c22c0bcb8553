package io.tidemark.spec.yaml;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.model.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The JSON Schemas that editors use say what the readers do. */
class PublishedSchemaTest {
  private static final Map<Shape, String> ROOTS =
      Map.of(Shape.PIPELINE, "pipeline", Shape.CHANGE, "change", Shape.CONFIG, "config");

  @ParameterizedTest
  @EnumSource(Shape.class)
  void everyKeyIsInTheSchemaAndTheOtherWayRound(Shape shape) throws IOException {
    assertThat(properties(definitions().get(shape.title())))
        .containsExactlyInAnyOrderElementsOf(shape.keys());
  }

  @Test
  void everyDefinitionIsReadByTheReader() throws IOException {
    Set<String> titles = new HashSet<>();
    for (Shape shape : Shape.values()) {
      titles.add(shape.title());
    }
    assertThat(definitions().keySet()).isEqualTo(titles);
  }

  @Test
  void everyObjectRefusesUnknownKeysAsTheReaderDoes() throws IOException {
    definitions()
        .forEach(
            (title, definition) ->
                assertThat(((Map<?, ?>) definition).get("additionalProperties"))
                    .as(title)
                    .isEqualTo(false));
  }

  private static Set<String> properties(Object definition) {
    Set<String> names = new HashSet<>();
    ((Map<?, ?>) ((Map<?, ?>) definition).get("properties"))
        .keySet()
        .forEach(k -> names.add((String) k));
    return names;
  }

  private static Map<String, Object> definitions() throws IOException {
    Map<String, Object> all = new LinkedHashMap<>();
    for (Map.Entry<Shape, String> root : ROOTS.entrySet()) {
      Map<?, ?> schema = (Map<?, ?>) Json.parse(read(root.getValue()));
      all.put(root.getKey().title(), schema);
      ((Map<?, ?>) schema.get("$defs")).forEach((k, v) -> all.put((String) k, v));
    }
    return all;
  }

  private static String read(String name) throws IOException {
    try (InputStream in =
        PublishedSchemaTest.class.getResourceAsStream("/schema/" + name + ".schema.json")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void theRulesOfAnExpectationAreAlternatives() throws IOException {
    Map<?, ?> expectation = (Map<?, ?>) definitions().get("expectation");
    List<String> alternatives =
        ((List<?>) expectation.get("oneOf"))
            .stream()
                .map(a -> (String) ((List<?>) ((Map<?, ?>) a).get("required")).get(0))
                .toList();
    assertThat(alternatives).containsExactlyInAnyOrderElementsOf(Shape.rules());
  }
}
