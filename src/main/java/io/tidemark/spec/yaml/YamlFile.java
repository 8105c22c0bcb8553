package io.tidemark.spec.yaml;

import io.tidemark.model.Location;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.DocumentStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * One YAML 1.2 file, read with limits on size, depth and what its aliases grow to, so that no file
 * can take the process down.
 */
public final class YamlFile {
  static final long MAX_BYTES = 1_000_000;
  private static final int MAX_DEPTH = 50;
  private static final long MAX_NODES = 200_000;

  private YamlFile() {}

  /**
   * Reads a file.
   *
   * @param shown the name that problems print
   * @return empty if the file cannot be read as YAML, which is then among the problems
   */
  public static Optional<YamlValue> read(Path file, String shown, Problems problems) {
    Location whole = Location.of(shown);
    try {
      long size = Files.size(file);
      if (size > MAX_BYTES) {
        problems.add(
            whole,
            "TM-YAML-001",
            "the file has " + size + " bytes, more than the limit of " + MAX_BYTES,
            "a file of this size was not written by a person",
            "split it into several pipelines, and keep data in CSV or Parquet files");
        return Optional.empty();
      }
      String text =
          StandardCharsets.UTF_8
              .newDecoder()
              .onMalformedInput(CodingErrorAction.REPORT)
              .decode(ByteBuffer.wrap(Files.readAllBytes(file)))
              .toString();
      return parse(text, shown, problems);
    } catch (CharacterCodingException e) {
      problems.add(
          whole, "TM-YAML-002", "the file is not UTF-8 text", "", "save the file as UTF-8");
    } catch (IOException e) {
      problems.add(
          whole,
          "TM-YAML-003",
          "the file cannot be read",
          Problems.reason(e),
          "check that it exists and is readable");
    }
    return Optional.empty();
  }

  private static Optional<YamlValue> parse(String text, String shown, Problems problems) {
    LoadSettings settings =
        LoadSettings.builder()
            .setLabel(shown)
            .setUseMarks(true)
            .setAllowRecursiveKeys(true)
            .setMaxAliasesForCollections(10_000)
            .setCodePointLimit((int) MAX_BYTES)
            .build();
    try {
      if (!isPlain(settings, text, shown, problems)) {
        return Optional.empty();
      }
      Optional<Node> root = new Compose(settings).composeString(text);
      if (root.isEmpty()) {
        problems.add(
            Location.of(shown), "TM-YAML-004", "the file is empty", "", "write it, or remove it");
        return Optional.empty();
      }
      long size = size(root.get(), new IdentityHashMap<>(), new HashSet<>());
      if (size > MAX_NODES) {
        problems.add(
            Location.of(shown),
            "TM-YAML-006",
            "the file grows to more than " + MAX_NODES + " values through its aliases (&, *)",
            "such a file would use up all memory",
            "write the values out, or use fewer aliases");
        return Optional.empty();
      }
      return root.map(node -> new YamlValue(node, shown, problems));
    } catch (MarkedYamlEngineException e) {
      Mark mark = e.getProblemMark().or(e::getContextMark).orElse(null);
      problems.add(
          mark == null ? Location.of(shown) : at(shown, mark),
          "TM-YAML-005",
          "the YAML cannot be read: " + e.getProblem().replaceAll("\\s+", " "),
          e.getContext() == null ? "" : e.getContext().replaceAll("\\s+", " "),
          "correct the indentation, quotes or brackets there");
    } catch (YamlEngineException e) {
      problems.add(
          Location.of(shown),
          "TM-YAML-005",
          "the YAML cannot be read: "
              + String.valueOf(e.getMessage()).lines().findFirst().orElse(""),
          "",
          "correct the file");
    }
    return Optional.empty();
  }

  /** Looks at the events first: unlike composing, that does not recurse. */
  private static boolean isPlain(
      LoadSettings settings, String text, String shown, Problems problems) {
    int depth = 0;
    int documents = 0;
    for (Event event : new Parse(settings).parseString(text)) {
      depth += event instanceof CollectionStartEvent ? 1 : 0;
      depth -= event instanceof CollectionEndEvent ? 1 : 0;
      documents += event instanceof DocumentStartEvent ? 1 : 0;
      if (depth > MAX_DEPTH) {
        problems.add(
            event.getStartMark().map(m -> at(shown, m)).orElse(Location.of(shown)),
            "TM-YAML-006",
            "the YAML is nested more than " + MAX_DEPTH + " levels deep",
            "",
            "close the brackets, or correct the indentation");
        return false;
      }
      if (documents > 1) {
        problems.add(
            event.getStartMark().map(m -> at(shown, m)).orElse(Location.of(shown)),
            "TM-YAML-007",
            "the file holds more than one YAML document",
            "everything after '---' would be passed over",
            "put each document into a file of its own");
        return false;
      }
    }
    return true;
  }

  /** How many values the tree has once every alias is written out; a cycle counts as too many. */
  private static long size(Node node, Map<Node, Long> known, Set<Node> open) {
    Long size = known.get(node);
    if (size != null) {
      return size;
    }
    if (!open.add(node)) {
      return MAX_NODES + 1;
    }
    long sum = 1;
    if (node instanceof SequenceNode sequence) {
      for (Node item : sequence.getValue()) {
        sum = Math.min(MAX_NODES + 1, sum + size(item, known, open));
      }
    } else if (node instanceof MappingNode mapping) {
      for (NodeTuple tuple : mapping.getValue()) {
        long both = size(tuple.getKeyNode(), known, open) + size(tuple.getValueNode(), known, open);
        sum = Math.min(MAX_NODES + 1, sum + both);
      }
    }
    open.remove(node);
    known.put(node, sum);
    return sum;
  }

  static Location at(String shown, Mark mark) {
    return new Location(shown, mark.getLine() + 1, mark.getColumn() + 1);
  }
}
