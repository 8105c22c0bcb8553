package io.tidemark.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class RunStateTest {
  private static final Path DIAGRAM = Path.of("docs/run-states.md");

  /** The edges as docs/run-states.md draws them, final states by their arrow to {@code [*]}. */
  private static Set<String> drawn() throws IOException {
    List<String> lines = Files.readAllLines(DIAGRAM);
    return new TreeSet<>(lines.stream().map(String::strip).filter(l -> l.contains("-->")).toList());
  }

  private static Set<String> coded() {
    Set<String> edges = new TreeSet<>(Set.of("[*] --> PLANNED"));
    for (RunState from : RunState.values()) {
      from.successors().forEach(to -> edges.add(from + " --> " + to));
      if (from.isFinal()) {
        edges.add(from + " --> [*]");
      }
    }
    return edges;
  }

  @Test
  void theDiagramShowsTheEdges() throws IOException {
    assertThat(drawn()).isEqualTo(coded());
  }

  @Test
  void everyStateCanBeReachedAndLeadsToAnEnd() {
    Set<RunState> reached = EnumSet.of(RunState.PLANNED);
    Deque<RunState> open = new ArrayDeque<>(reached);
    while (!open.isEmpty()) {
      open.remove().successors().stream().filter(reached::add).forEach(open::add);
    }
    assertThat(reached).containsExactlyInAnyOrder(RunState.values());
    assertThat(Arrays.stream(RunState.values()).filter(RunState::isFinal))
        .containsExactly(RunState.REVERTED, RunState.ABANDONED);
  }
}
