package io.tidemark.spec.yaml;

import io.tidemark.model.Location;
import io.tidemark.model.NearestName;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * A value in a YAML file that knows its place. Every reading method records a problem and returns
 * empty when the value is not of the wanted type.
 */
public final class YamlValue {
  private final Node node;
  private final String file;
  private final Problems problems;

  YamlValue(Node node, String file, Problems problems) {
    this.node = node;
    this.file = file;
    this.problems = problems;
  }

  /** Where the value begins. */
  public Location where() {
    return node.getStartMark().map(m -> YamlFile.at(file, m)).orElse(Location.of(file));
  }

  Problems problems() {
    return problems;
  }

  boolean isNull() {
    return node.getTag().equals(Tag.NULL);
  }

  /** A mapping with the keys of a shape; unknown ones are problems. */
  public Optional<YamlMap> map(Shape shape) {
    return anyMap(shape.title())
        .map(
            map -> {
              map.keys()
                  .forEach(
                      (key, where) -> {
                        if (!shape.keys().contains(key)) {
                          problems.add(
                              where,
                              "TM-YAML-010",
                              "unknown key '" + key + "' in " + shape.title(),
                              "a key that is passed over would not do what it says",
                              NearestName.hint(key, shape.keys()));
                        }
                      });
              return map;
            });
  }

  /** A mapping whose keys are names that the user chooses. */
  public Optional<YamlMap> anyMap(String what) {
    if (!(node instanceof MappingNode mapping)) {
      wrongType(what + " must be a mapping of keys to values");
      return Optional.empty();
    }
    Map<String, YamlValue> values = new LinkedHashMap<>();
    Map<String, Location> keys = new LinkedHashMap<>();
    for (NodeTuple tuple : mapping.getValue()) {
      YamlValue key = new YamlValue(tuple.getKeyNode(), file, problems);
      if (!(tuple.getKeyNode() instanceof ScalarNode scalar)) {
        key.wrongType("a key must be a plain text");
      } else if (values.containsKey(scalar.getValue())) {
        problems.add(
            key.where(),
            "TM-YAML-011",
            "key '" + scalar.getValue() + "' is there twice",
            "the first is in line " + keys.get(scalar.getValue()).line(),
            "remove one of them");
      } else {
        values.put(scalar.getValue(), new YamlValue(tuple.getValueNode(), file, problems));
        keys.put(scalar.getValue(), key.where());
      }
    }
    return Optional.of(new YamlMap(where(), values, keys, problems));
  }

  /** A sequence; empty also when it is none, which is then a problem. */
  public List<YamlValue> list(String what) {
    if (!(node instanceof SequenceNode sequence)) {
      wrongType(what + " must be a list: [a, b]");
      return List.of();
    }
    List<YamlValue> values = new ArrayList<>();
    sequence.getValue().forEach(item -> values.add(new YamlValue(item, file, problems)));
    return values;
  }

  /** A list of non-empty texts. */
  public List<Located<String>> texts(String what) {
    return list(what).stream().flatMap(v -> v.text("an entry of " + what).stream()).toList();
  }

  /** A text that is not empty; numbers and booleans must be quoted to be one. */
  public Optional<Located<String>> text(String what) {
    if (!(node instanceof ScalarNode scalar) || !scalar.getTag().equals(Tag.STR)) {
      wrongType(what + " must be a text");
      return Optional.empty();
    }
    if (scalar.getValue().isBlank()) {
      wrongType(what + " must not be empty");
      return Optional.empty();
    }
    return Optional.of(new Located<>(scalar.getValue(), where()));
  }

  /** Any scalar, as it is written. */
  public Optional<Located<String>> scalar(String what) {
    if (!(node instanceof ScalarNode scalar) || isNull()) {
      wrongType(what + " must be a single value");
      return Optional.empty();
    }
    return Optional.of(new Located<>(scalar.getValue(), where()));
  }

  /** SQL text, with the place of its first character. */
  public Optional<Snippet> snippet(String what) {
    return text(what).map(this::placed);
  }

  /** A SQL literal: a number may be written as it is. */
  public Optional<Snippet> literal(String what) {
    return scalar(what).map(this::placed);
  }

  private Snippet placed(Located<String> text) {
    ScalarStyle style = ((ScalarNode) node).getScalarStyle();
    Location at = text.where();
    boolean oneLine =
        node.getStartMark().map(m -> m.getLine()).orElse(0)
            == (int) node.getEndMark().map(m -> m.getLine()).orElse(0);
    return new Snippet(
        text.value(),
        switch (style) {
          case PLAIN -> oneLine ? at : new Location(at.file(), at.line(), 0);
          case SINGLE_QUOTED, DOUBLE_QUOTED ->
              oneLine
                  ? new Location(at.file(), at.line(), at.column() + 1)
                  : new Location(at.file(), at.line(), 0);
          default -> new Location(at.file(), at.line() + 1, 0);
        });
  }

  /** Reads a whole number; empty if it is none, which is then a problem. */
  public Optional<Located<Long>> wholeNumber(String what) {
    if (node instanceof ScalarNode scalar && scalar.getTag().equals(Tag.INT)) {
      try {
        return Optional.of(new Located<>(Long.parseLong(scalar.getValue()), where()));
      } catch (NumberFormatException e) {
        // Falls through: octal, hexadecimal or out of range.
      }
    }
    wrongType(what + " must be a whole number");
    return Optional.empty();
  }

  /** Reads a finite number; empty if it is none, which is then a problem. */
  public Optional<Located<Double>> number(String what) {
    if (node instanceof ScalarNode scalar
        && (scalar.getTag().equals(Tag.INT) || scalar.getTag().equals(Tag.FLOAT))) {
      try {
        double value = Double.parseDouble(scalar.getValue());
        if (Double.isFinite(value)) {
          return Optional.of(new Located<>(value, where()));
        }
      } catch (NumberFormatException e) {
        // Falls through: .inf, octal or hexadecimal.
      }
    }
    wrongType(what + " must be a number");
    return Optional.empty();
  }

  /** Reads true or false; empty if it is neither, which is then a problem. */
  public Optional<Boolean> truth(String what) {
    if (node instanceof ScalarNode scalar && scalar.getTag().equals(Tag.BOOL)) {
      return Optional.of(scalar.getValue().toLowerCase(Locale.ROOT).equals("true"));
    }
    wrongType(what + " must be true or false");
    return Optional.empty();
  }

  /** An ISO 8601 duration of days, hours, minutes and seconds that is not negative. */
  public Optional<Duration> duration(String what) {
    return text(what)
        .flatMap(
            text -> {
              try {
                Duration duration = Duration.parse(text.value());
                if (!duration.isNegative()) {
                  return Optional.of(duration);
                }
              } catch (DateTimeException | ArithmeticException e) {
                // Falls through to the problem.
              }
              problems.add(
                  text.where(),
                  "TM-YAML-013",
                  what + " cannot be '" + text.value() + "'",
                  "it is an ISO 8601 duration of days or less, not negative",
                  "write it like PT14H, P1D or P31D");
              return Optional.empty();
            });
  }

  /** One of some words. */
  public Optional<Located<String>> oneOf(String what, List<String> words) {
    return text(what)
        .filter(
            text -> {
              if (words.contains(text.value())) {
                return true;
              }
              problems.add(
                  text.where(),
                  "TM-YAML-014",
                  what + " cannot be '" + text.value() + "'",
                  "it is one of " + String.join(", ", words),
                  NearestName.hint(text.value(), words));
              return false;
            });
  }

  private void wrongType(String rule) {
    String found =
        node instanceof MappingNode
            ? "a mapping"
            : node instanceof SequenceNode
                ? "a list"
                : isNull()
                    ? "nothing"
                    : node.getTag().equals(Tag.STR)
                        ? "a text"
                        : "the "
                            + (node.getTag().equals(Tag.BOOL) ? "boolean" : "number")
                            + " '"
                            + ((ScalarNode) node).getValue()
                            + "'";
    problems.add(
        where(),
        "TM-YAML-012",
        rule,
        "found " + found,
        "correct the value; quote it if it is text");
  }
}
