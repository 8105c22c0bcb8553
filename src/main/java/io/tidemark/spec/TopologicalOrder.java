package io.tidemark.spec;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Nodes after those they use; in the given order where that leaves a choice.
 *
 * @param cycles each once, as the nodes along it; nodes on or behind a cycle are not sorted
 */
record TopologicalOrder(List<String> sorted, List<List<String>> cycles) {

  static TopologicalOrder of(Map<String, List<String>> uses) {
    Set<String> sorted = new LinkedHashSet<>();
    boolean moved = true;
    while (moved) {
      moved = false;
      for (Map.Entry<String, List<String>> node : uses.entrySet()) {
        if (!sorted.contains(node.getKey()) && sorted.containsAll(node.getValue())) {
          sorted.add(node.getKey());
          moved = true;
        }
      }
    }
    List<List<String>> cycles = new ArrayList<>();
    Set<String> seen = new HashSet<>(sorted);
    for (String start : uses.keySet()) {
      List<String> path = new ArrayList<>();
      String at = start;
      while (at != null && seen.add(at)) {
        path.add(at);
        at = uses.get(at).stream().filter(u -> !sorted.contains(u)).findFirst().orElse(null);
      }
      int from = at == null ? -1 : path.indexOf(at);
      if (from >= 0) {
        cycles.add(List.copyOf(path.subList(from, path.size())));
      }
    }
    return new TopologicalOrder(List.copyOf(sorted), cycles);
  }
}
