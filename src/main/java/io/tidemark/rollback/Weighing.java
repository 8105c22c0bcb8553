package io.tidemark.rollback;

import io.tidemark.lake.Lake;
import io.tidemark.lake.Lake.Commit;
import io.tidemark.lake.Lake.Past;
import io.tidemark.model.Dataset;
import io.tidemark.model.Graph;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Stamp;
import io.tidemark.model.TableRef;
import io.tidemark.model.Transform;
import io.tidemark.model.rollback.Setback;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/** What one rollback takes and gives back, from what tables keep of what they were. */
final class Weighing {
  private final Lake lake;
  private final Rollbacks.Request request;
  private final Lines lines;
  private final long from;
  private final long to;

  Weighing(Lake lake, Rollbacks.Request request, Past past, long from, long to) {
    this.lake = lake;
    this.request = request;
    this.lines = new Lines(past);
    this.from = from;
    this.to = to;
  }

  Setback setback() {
    List<Commit> lost = lines.without(from, to);
    List<Commit> regained = lines.without(to, from);
    return new Setback(
        request.table().toString(),
        from,
        to,
        lines.commit(to).map(Commit::at).orElse(Instant.EPOCH),
        new Setback.Rows(total(from), total(to)),
        others(lost),
        others(regained),
        live(lost, regained),
        companions());
  }

  private long total(long snapshot) {
    return lines.commit(snapshot).map(c -> c.rows().total()).orElse(0L);
  }

  private static List<Setback.Commit> others(List<Commit> commits) {
    return commits.stream()
        .filter(c -> c.said().mark().isEmpty())
        .map(
            c ->
                new Setback.Commit(
                    c.snapshot(), c.at(), what(c), c.rows().added(), c.rows().removed()))
        .toList();
  }

  private static String what(Commit commit) {
    Optional<Stamp> stamp = commit.said().stamp();
    return stamp
        .map(
            s ->
                s.kind().name().toLowerCase(Locale.ROOT)
                    + s.origin().run().map(run -> " of run " + run).orElse(""))
        .orElse(commit.operation() + " by somebody else");
  }

  private Optional<Setback.Live> live(List<Commit> lost, List<Commit> regained) {
    int gone = checkpoints(lost);
    int back = checkpoints(regained);
    if (gone + back == 0) {
      return Optional.empty();
    }
    List<Setback.Offset> offsets = new ArrayList<>();
    request
        .dataset()
        .filter(d -> d.topic().isPresent())
        .ifPresent(
            d -> {
              SortedMap<Integer, Long> before = lines.offsets(d.id(), from);
              SortedMap<Integer, Long> after = nextOffsets(d);
              TreeSet<Integer> partitions = new TreeSet<>(before.keySet());
              partitions.addAll(after.keySet());
              for (int p : partitions) {
                long then = after.getOrDefault(p, 0L);
                long now = before.getOrDefault(p, 0L);
                if (then != now) {
                  offsets.add(new Setback.Offset(p, now, then));
                }
              }
            });
    return Optional.of(new Setback.Live(gone, back, offsets));
  }

  private static int checkpoints(List<Commit> commits) {
    return (int) commits.stream().filter(c -> c.said().mark().isPresent()).count();
  }

  /**
   * The first offsets of a source's topic that the table will not answer for. A partition that no
   * commit was of then is read from the first record that it was ever read from.
   */
  SortedMap<Integer, Long> nextOffsets(Dataset source) {
    SortedMap<Integer, Long> next = new TreeMap<>(lines.firstOffsets(source.id()));
    next.putAll(lines.offsets(source.id(), to));
    return next;
  }

  /**
   * Dead letters and late rows of the checkpoints that a source's table loses: they are read again,
   * and would be there twice.
   */
  private List<Setback.Companion> companions() {
    List<Setback.Companion> companions = new ArrayList<>();
    Set<String> outside = lines.checkpointsOutside(to);
    request
        .dataset()
        .filter(d -> d.topic().isPresent())
        .ifPresent(
            source -> {
              companion(LiveSpec.deadLetters(source.table()), outside).ifPresent(companions::add);
              Graph graph = request.graph();
              for (Transform transform : graph.transforms()) {
                if (graph.topicsBehind(transform.output()).equals(Set.of(source.id()))) {
                  TableRef late = LiveSpec.late(graph.dataset(transform.output()).table());
                  companion(late, outside).ifPresent(companions::add);
                }
              }
            });
    return companions;
  }

  private Optional<Setback.Companion> companion(TableRef table, Set<String> outside) {
    Optional<Past> past = lake.past(table);
    if (past.isEmpty() || past.get().commits().isEmpty()) {
      return Optional.empty();
    }
    Lines its = new Lines(past.get());
    long now = past.get().head().orElse(0L);
    long then = its.newestWithout(table, outside);
    return now == then
        ? Optional.empty()
        : Optional.of(
            new Setback.Companion(
                table.toString(),
                now,
                then,
                its.commit(now).map(c -> c.rows().total()).orElse(0L),
                its.commit(then).map(c -> c.rows().total()).orElse(0L)));
  }
}
