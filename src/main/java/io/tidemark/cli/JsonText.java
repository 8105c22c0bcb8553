package io.tidemark.cli;

import io.tidemark.control.Report;
import io.tidemark.model.Grain;
import io.tidemark.model.Problem;
import io.tidemark.model.RecordJson;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reports and errors as one line of JSON. A report has a member {@code "type"}; a diff names slices
 * by their labels, as every other report does.
 */
final class JsonText {
  private JsonText() {}

  static String text(Report report) {
    String json = RecordJson.write(report, Report.class);
    return report instanceof Report.DiffShown diff ? labelled(json, diff) : json;
  }

  static String error(TidemarkException error) {
    List<Object> problems = new ArrayList<>();
    for (Problem problem : error.problems()) {
      problems.add(Json.parse(RecordJson.write(problem, Problem.class)));
    }
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("type", "Error");
    tree.put("category", error.category().name());
    tree.put("exitCode", error.category().exitCode());
    tree.put("problems", problems);
    return Json.write(tree);
  }

  private static String labelled(String json, Report.DiffShown diff) {
    Map<?, ?> tree = (Map<?, ?>) Json.parse(json);
    List<?> datasets = (List<?>) tree.get("datasets");
    for (int i = 0; i < datasets.size(); i++) {
      Grain grain = diff.datasets().get(i).compared().grain();
      Map<?, ?> dataset = (Map<?, ?>) datasets.get(i);
      Map<?, ?> difference = (Map<?, ?>) dataset.get("diff");
      ((List<?>) difference.get("slices")).forEach(s -> label(s, "ordinal", grain));
      ((List<?>) difference.get("samples")).forEach(s -> label(s, "slice", grain));
      for (Object check : (List<?>) dataset.get("checks")) {
        labels((Map<?, ?>) check, grain);
      }
    }
    return Json.write(tree);
  }

  /** The parsed tree's maps take any value, but their type does not say so. */
  @SuppressWarnings("unchecked")
  private static void label(Object node, String member, Grain grain) {
    Map<String, Object> map = (Map<String, Object>) node;
    Map<String, Object> copy = new LinkedHashMap<>();
    map.forEach(
        (k, v) ->
            copy.put(k.equals(member) ? "slice" : k, k.equals(member) ? grain.label((Long) v) : v));
    map.clear();
    map.putAll(copy);
  }

  @SuppressWarnings("unchecked")
  private static void labels(Map<?, ?> check, Grain grain) {
    ((Map<String, Object>) check)
        .computeIfPresent(
            "slices",
            (k, v) -> ((List<?>) v).stream().map(o -> (Object) grain.label((Long) o)).toList());
  }
}
