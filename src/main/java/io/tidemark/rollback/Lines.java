package io.tidemark.rollback;

import io.tidemark.lake.Lake.Commit;
import io.tidemark.lake.Lake.Past;
import io.tidemark.model.DatasetId;
import io.tidemark.model.LiveMark;
import io.tidemark.model.TableRef;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The lines of commits that a table keeps, as they lead to one snapshot or another. Pure. */
final class Lines {
  private final Past past;
  private final Map<Long, Commit> commits = new HashMap<>();

  Lines(Past past) {
    this.past = past;
    past.commits().forEach(c -> commits.put(c.snapshot(), c));
  }

  Optional<Commit> commit(long snapshot) {
    return Optional.ofNullable(commits.get(snapshot));
  }

  /** What led to a snapshot and is kept, with itself, newest first; nothing for 0. */
  List<Commit> to(long snapshot) {
    List<Commit> line = new ArrayList<>();
    Commit next = commits.get(snapshot);
    while (next != null) {
      line.add(next);
      next = next.parent().map(commits::get).orElse(null);
    }
    return line;
  }

  /** What led to one snapshot and not to another, newest first. */
  List<Commit> without(long of, long other) {
    Set<Long> shared = to(other).stream().map(Commit::snapshot).collect(Collectors.toSet());
    return to(of).stream().filter(c -> !shared.contains(c.snapshot())).toList();
  }

  /** The newest mark of a live job that a snapshot knows. */
  Optional<LiveMark> mark(long snapshot) {
    return to(snapshot).stream().flatMap(c -> c.said().mark().stream()).findFirst();
  }

  /** Up to where a snapshot answers for a source's topic. */
  SortedMap<Integer, Long> offsets(DatasetId source, long snapshot) {
    SortedMap<Integer, Long> offsets = new TreeMap<>();
    mark(snapshot)
        .flatMap(m -> Optional.ofNullable(m.ranges().get(source)))
        .ifPresent(r -> r.partitions().forEach((p, range) -> offsets.put(p, range.to())));
    return offsets;
  }

  /** The first offset of each partition that any kept commit took. */
  SortedMap<Integer, Long> firstOffsets(DatasetId source) {
    SortedMap<Integer, Long> first = new TreeMap<>();
    for (Commit commit : past.commits()) {
      commit
          .said()
          .mark()
          .flatMap(m -> Optional.ofNullable(m.ranges().get(source)))
          .ifPresent(
              r -> r.partitions().forEach((p, range) -> first.merge(p, range.from(), Math::min)));
    }
    return first;
  }

  /** The checkpoints whose commits did not lead to a snapshot, as {@code JOB/CHECKPOINT}. */
  Set<String> checkpointsOutside(long snapshot) {
    Set<Long> line = to(snapshot).stream().map(Commit::snapshot).collect(Collectors.toSet());
    Set<String> outside = new HashSet<>();
    for (Commit commit : past.commits()) {
      commit
          .said()
          .mark()
          .filter(m -> !line.contains(commit.snapshot()))
          .ifPresent(m -> outside.add(m.job() + "/" + m.checkpoint()));
    }
    return outside;
  }

  /**
   * Of a table that live jobs only append to: its newest snapshot that holds nothing of these
   * checkpoints.
   *
   * @return 0 if only an empty table holds nothing of them
   */
  long newestWithout(TableRef table, Set<String> checkpoints) {
    Set<Long> without = new HashSet<>();
    long newest = 0;
    for (int i = past.commits().size() - 1; i >= 0; i--) {
      Commit commit = past.commits().get(i);
      boolean parents =
          commit.parent().filter(p -> commits.containsKey(p) && !without.contains(p)).isEmpty();
      if (parents && !checkpoints.contains(checkpoint(table, commit.key()))) {
        without.add(commit.snapshot());
        newest = commit.snapshot();
      }
    }
    return newest;
  }

  /** From {@code live/NAME/JOB/TABLE/CHECKPOINT}. */
  private static String checkpoint(TableRef table, String key) {
    String middle = "/" + table + "/";
    int at = key.indexOf(middle);
    return at < 0
        ? ""
        : key.substring(key.lastIndexOf('/', at - 1) + 1, at)
            + "/"
            + key.substring(at + middle.length());
  }
}
