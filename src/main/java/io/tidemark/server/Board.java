package io.tidemark.server;

import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What was read last of each part. A part that cannot be read any more keeps no values: an old
 * number looks like a good one. Thread-safe.
 */
final class Board {
  private static final double MILLIS = 1000.0;

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Map<Family, MultiGauge> gauges = new EnumMap<>(Family.class);
  private final Map<String, List<Sample>> parts = new HashMap<>();
  private final Map<String, Map<String, Long>> errors = new HashMap<>();
  private final Map<String, List<Sample>> reads = new HashMap<>();

  Board() {
    for (Family family : Family.values()) {
      gauges.put(
          family, MultiGauge.builder(family.meter()).description(family.help()).register(registry));
    }
  }

  synchronized void read(String part, List<Sample> samples, Instant at, Duration took) {
    parts.put(part, samples);
    reads.put(
        part,
        List.of(
            Sample.of(Family.UP, 1, part),
            Sample.of(Family.OBSERVED, at.toEpochMilli() / MILLIS, part),
            Sample.of(Family.READ_SECONDS, took.toMillis() / MILLIS, part)));
    show();
  }

  /**
   * @param code of the error, such as TM-LAKE-003
   */
  synchronized void failed(String part, String code) {
    parts.remove(part);
    errors.computeIfAbsent(part, p -> new HashMap<>()).merge(code, 1L, Long::sum);
    List<Sample> kept = new ArrayList<>(List.of(Sample.of(Family.UP, 0, part)));
    reads.getOrDefault(part, List.of()).stream()
        .filter(s -> s.family() == Family.OBSERVED)
        .forEach(kept::add);
    reads.put(part, List.copyOf(kept));
    show();
  }

  private void show() {
    Map<Family, List<MultiGauge.Row<?>>> rows = new EnumMap<>(Family.class);
    for (Family family : Family.values()) {
      rows.put(family, new ArrayList<>());
    }
    parts.values().forEach(samples -> samples.forEach(s -> rows.get(s.family()).add(row(s))));
    reads.values().forEach(samples -> samples.forEach(s -> rows.get(s.family()).add(row(s))));
    errors.forEach(
        (part, codes) ->
            codes.forEach(
                (code, count) ->
                    rows.get(Family.READ_ERRORS)
                        .add(row(Sample.of(Family.READ_ERRORS, count, part, code)))));
    rows.forEach((family, found) -> gauges.get(family).register(found, true));
  }

  private static MultiGauge.Row<?> row(Sample sample) {
    List<Tag> tags = new ArrayList<>();
    for (int i = 0; i < sample.labels().size(); i++) {
      tags.add(Tag.of(sample.family().labels().get(i), sample.labels().get(i)));
    }
    return MultiGauge.Row.of(Tags.of(tags), sample.value());
  }

  /** In Prometheus' text format. */
  synchronized String text() {
    return registry.scrape();
  }
}
