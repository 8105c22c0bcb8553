package io.tidemark.server;

import io.tidemark.control.Report;
import io.tidemark.control.Report.DatasetStatus;
import io.tidemark.control.RunsWatched;
import io.tidemark.control.RunsWatched.Transition;
import io.tidemark.control.RunsWatched.Watched;
import io.tidemark.model.Dataset;
import io.tidemark.model.Grain;
import io.tidemark.model.LiveStatus;
import io.tidemark.model.RunState;
import io.tidemark.model.SliceSet;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What reports say, as samples. Pure. */
final class Readings {
  private static final double MILLIS = 1000.0;

  private Readings() {}

  static List<Sample> tables(Report.StatusShown status, Instant now) {
    List<Sample> samples = new ArrayList<>();
    long stale = 0;
    for (DatasetStatus table : status.datasets()) {
      String name = table.dataset().value();
      samples.add(Sample.of(Family.DATASET_ROWS, table.rows(), name));
      samples.add(Sample.of(Family.DATASET_FILES, table.files(), name));
      samples.add(Sample.of(Family.DATASET_BYTES, table.bytes(), name));
      samples.add(slices(name, "present", table.present()));
      samples.add(slices(name, "fresh", table.fresh()));
      samples.add(slices(name, "stale", table.stale()));
      samples.add(slices(name, "open", table.open()));
      SliceSet good =
          table.kind() == Dataset.Kind.DERIVED
              ? table.present().intersect(table.fresh())
              : table.present();
      end(good)
          .ifPresent(
              end ->
                  samples.add(
                      Sample.of(
                          Family.DATASET_FRESHNESS, seconds(Duration.between(end, now)), name)));
      stale += table.stale().count();
    }
    samples.add(Sample.of(Family.PLAN_SLICES, stale));
    return samples;
  }

  private static Sample slices(String dataset, String state, SliceSet slices) {
    return Sample.of(Family.DATASET_SLICES, slices.count(), dataset, state);
  }

  /** Where the newest slice ends; empty for a dataset that is one slice, or holds none. */
  private static Optional<Instant> end(SliceSet slices) {
    if (slices.isEmpty() || slices.grain() == Grain.ALL) {
      return Optional.empty();
    }
    long newest = slices.ordinals().max().orElseThrow();
    return Optional.of(slices.grain().start(newest + 1));
  }

  static List<Sample> runs(RunsWatched watched) {
    List<Sample> samples = new ArrayList<>();
    Map<RunState, Long> states =
        watched.runs().stream()
            .collect(
                Collectors.groupingBy(w -> w.run().state(), TreeMap::new, Collectors.counting()));
    for (RunState state : RunState.values()) {
      samples.add(Sample.of(Family.RUNS, states.getOrDefault(state, 0L), word(state)));
    }
    samples.add(
        Sample.of(Family.RUN_RETRIES, watched.runs().stream().mapToLong(Readings::retries).sum()));
    samples.add(
        Sample.of(Family.RUN_REBASES, watched.runs().stream().mapToLong(Watched::rebases).sum()));
    watched.runs().stream()
        .flatMap(w -> w.transitions().stream())
        .flatMap(t -> t.code().stream())
        .collect(Collectors.groupingBy(code -> code, TreeMap::new, Collectors.counting()))
        .forEach((code, count) -> samples.add(Sample.of(Family.RUN_ERRORS, count, code)));
    newest(watched, RunState.PUBLISHING, RunState.PUBLISHED)
        .ifPresent(d -> samples.add(Sample.of(Family.PUBLISH_SECONDS, seconds(d))));
    newest(watched, RunState.REVERTING, RunState.REVERTED)
        .ifPresent(d -> samples.add(Sample.of(Family.REVERT_SECONDS, seconds(d))));
    watched.leases().stream()
        .collect(Collectors.groupingBy(l -> kind(l.name()), TreeMap::new, Collectors.counting()))
        .forEach((kind, count) -> samples.add(Sample.of(Family.LEASES, count, kind)));
    watched.newest().ifPresent(p -> samples.addAll(run(watched.runs().get(0), p, watched.at())));
    return samples;
  }

  /** What a lease is on: a run, a table, a live job. */
  private static String kind(String lease) {
    return lease.startsWith("run ") ? "run" : lease.startsWith("table ") ? "table" : "live";
  }

  private static long retries(Watched run) {
    long failed = 0;
    for (int i = 1; i < run.transitions().size(); i++) {
      if (run.transitions().get(i - 1).state() == RunState.FAILED) {
        failed++;
      }
    }
    return failed;
  }

  /** How long the newest of all runs' ways from one state to the next took. */
  private static Optional<Duration> newest(RunsWatched watched, RunState from, RunState to) {
    Optional<Duration> took = Optional.empty();
    Instant newest = Instant.MIN;
    for (Watched run : watched.runs()) {
      for (int i = 1; i < run.transitions().size(); i++) {
        Transition before = run.transitions().get(i - 1);
        Transition after = run.transitions().get(i);
        if (before.state() == from && after.state() == to && after.entered().isAfter(newest)) {
          newest = after.entered();
          took = Optional.of(Duration.between(before.entered(), after.entered()));
        }
      }
    }
    return took;
  }

  private static List<Sample> run(Watched run, RunsWatched.Progress progress, Instant now) {
    List<Sample> samples = new ArrayList<>();
    long all = run.run().slices();
    double share = all == 0 ? 1 : Math.min(1, (double) progress.builtSlices() / all);
    samples.add(Sample.of(Family.RUN_SLICES, all));
    samples.add(Sample.of(Family.RUN_BUILT, progress.builtSlices()));
    samples.add(Sample.of(Family.RUN_COMPLETION, share));
    samples.add(Sample.of(Family.RUN_BUILT_ROWS, progress.built().rows()));
    samples.add(Sample.of(Family.RUN_BUILT_BYTES, progress.built().bytes()));
    samples.add(Sample.of(Family.RUN_ROWS, progress.rows()));
    samples.add(Sample.of(Family.RUN_UNEXPLAINED, progress.unexplained()));
    Optional<Instant> began = entered(run, RunState.RUNNING);
    if (run.run().state() == RunState.RUNNING && began.isPresent() && share > 0 && share < 1) {
      double elapsed = seconds(Duration.between(began.get(), now));
      samples.add(Sample.of(Family.RUN_ETA, elapsed * (1 - share) / share));
    }
    double took =
        began
            .flatMap(b -> progress.built().newest().map(n -> seconds(Duration.between(b, n))))
            .orElse(0.0);
    if (took > 0) {
      samples.add(Sample.of(Family.RUN_ROWS_PER_SECOND, progress.built().rows() / took));
      samples.add(Sample.of(Family.RUN_BYTES_PER_SECOND, progress.built().bytes() / took));
    }
    return samples;
  }

  private static Optional<Instant> entered(Watched run, RunState state) {
    return run.transitions().stream()
        .filter(t -> t.state() == state)
        .map(Transition::entered)
        .findFirst();
  }

  static List<Sample> live(Report.LiveShown shown, Instant now) {
    return Stream.concat(Stream.of(shown.job()), shown.others().stream().map(o -> o.job()))
        .flatMap(job -> live(job, now).stream())
        .toList();
  }

  private static List<Sample> live(LiveStatus live, Instant now) {
    List<Sample> samples = new ArrayList<>();
    for (LiveStatus.State state : LiveStatus.State.values()) {
      samples.add(
          Sample.of(
              Family.LIVE_STATE, state == live.health().state() ? 1 : 0, live.name(), word(state)));
    }
    samples.add(Sample.of(Family.LIVE_RESTARTS, live.health().restarts(), live.name()));
    LiveStatus.Checkpoints checkpoints = live.checkpoints();
    if (checkpoints.epoch() > 0) {
      samples.add(Sample.of(Family.LIVE_EPOCH, checkpoints.epoch(), live.name()));
    }
    samples.add(Sample.of(Family.LIVE_CHECKPOINT, checkpoints.last(), live.name()));
    samples.add(
        Sample.of(Family.LIVE_CHECKPOINT_SECONDS, seconds(checkpoints.took()), live.name()));
    samples.add(Sample.of(Family.LIVE_CHECKPOINT_BYTES, checkpoints.bytes(), live.name()));
    samples.add(Sample.of(Family.LIVE_CHECKPOINTS_FAILED, checkpoints.failed(), live.name()));
    samples.add(Sample.of(Family.LIVE_CONFLICTS, checkpoints.conflicts(), live.name()));
    checkpoints
        .age()
        .ifPresent(
            age -> samples.add(Sample.of(Family.LIVE_CHECKPOINT_AGE, seconds(age), live.name())));
    live.pressure()
        .ifPresent(p -> samples.add(Sample.of(Family.LIVE_PRESSURE, p.ratio(), live.name())));
    for (LiveStatus.SourceStatus source : live.sources()) {
      samples.addAll(source(source, now));
    }
    for (LiveStatus.TaskStatus task : live.tasks()) {
      String name = task.dataset().value();
      samples.add(Sample.of(Family.LIVE_LATE, task.late(), name));
      samples.add(Sample.of(Family.LIVE_OPEN, task.open().count(), name));
      samples.add(Sample.of(Family.LIVE_DOUBTED, task.doubted().count(), name));
    }
    return samples;
  }

  private static List<Sample> source(LiveStatus.SourceStatus source, Instant now) {
    List<Sample> samples = new ArrayList<>();
    String name = source.dataset().value();
    samples.add(Sample.of(Family.LIVE_DEAD_LETTERS, source.deadLetters(), name));
    samples.add(Sample.of(Family.LIVE_SILENT, source.silent().size(), name));
    optional(samples, Family.LIVE_LAG_EVENTS, name, source.lag().events(), n -> (double) n);
    optional(samples, Family.LIVE_LAG_SECONDS, name, source.lag().time(), Readings::seconds);
    optional(
        samples,
        Family.LIVE_WATERMARK_DELAY,
        name,
        source.watermark(),
        w -> seconds(Duration.between(w, now)));
    return samples;
  }

  private static <T> void optional(
      List<Sample> samples,
      Family family,
      String label,
      Optional<T> value,
      Function<T, Double> number) {
    value.ifPresent(v -> samples.add(Sample.of(family, number.apply(v), label)));
  }

  private static double seconds(Duration duration) {
    return duration.toMillis() / MILLIS;
  }

  private static String word(Enum<?> state) {
    return state.name().toLowerCase(Locale.ROOT);
  }
}
