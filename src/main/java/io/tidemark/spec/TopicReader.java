package io.tidemark.spec;

import io.tidemark.model.Topic;
import io.tidemark.spec.yaml.Located;
import io.tidemark.spec.yaml.Problems;
import io.tidemark.spec.yaml.Shape;
import io.tidemark.spec.yaml.YamlMap;
import io.tidemark.spec.yaml.YamlValue;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Reads the {@code topic:} block of a source. */
final class TopicReader {
  static final Duration OUT_OF_ORDERNESS = Duration.ofSeconds(10);
  static final Duration IDLE_AFTER = Duration.ofMinutes(1);
  static final Duration AHEAD = Duration.ofDays(1);

  private static final Pattern NAME = Pattern.compile("(?!\\.{1,2}$)[A-Za-z0-9._-]{1,249}");

  private final Problems problems;

  TopicReader(Problems problems) {
    this.problems = problems;
  }

  /** With the place of the block; empty if there is a problem in it. */
  Optional<Located<Topic>> read(YamlValue value) {
    int before = problems.count();
    Optional<YamlMap> block = value.map(Shape.TOPIC);
    if (block.isEmpty()) {
      return Optional.empty();
    }
    YamlMap map = block.get();
    Optional<String> name = map.required("name", v -> v.text("'name'")).flatMap(this::name);
    map.optional("format", v -> v.oneOf("'format'", List.of("json")));
    Duration outOfOrderness =
        map.optional("out_of_orderness", v -> v.duration("'out_of_orderness'"))
            .orElse(OUT_OF_ORDERNESS);
    Duration idleAfter =
        map.optional("idle_after", v -> v.duration("'idle_after'").filter(d -> some(v, d)))
            .orElse(IDLE_AFTER);
    Duration ahead = map.optional("ahead", v -> v.duration("'ahead'")).orElse(AHEAD);
    if (problems.count() > before) {
      return Optional.empty();
    }
    return name.map(
        n ->
            new Located<>(
                new Topic(n, Topic.Format.JSON, outOfOrderness, idleAfter, ahead), map.where()));
  }

  private Optional<String> name(Located<String> name) {
    if (NAME.matcher(name.value()).matches()) {
      return Optional.of(name.value());
    }
    problems.add(
        name.where(),
        "TM-SPEC-074",
        "'" + name.value() + "' cannot be the name of a Kafka topic",
        "it has up to 249 letters, digits, '.', '_' and '-'",
        "write the topic's name");
    return Optional.empty();
  }

  private boolean some(YamlValue value, Duration idleAfter) {
    if (!idleAfter.isZero()) {
      return true;
    }
    problems.add(
        value.where(),
        "TM-SPEC-075",
        "'idle_after' must be more than zero",
        "every partition would be passed over at once, and its events would be late",
        "write how long a partition may be silent, such as PT1M");
    return false;
  }
}
