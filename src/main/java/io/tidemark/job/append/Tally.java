package io.tidemark.job.append;

import io.tidemark.job.append.LiveReport.Followed;
import io.tidemark.job.append.LiveReport.Gated;
import io.tidemark.job.append.LiveReport.HistoryEnded;
import io.tidemark.job.append.LiveReport.Scanned;
import io.tidemark.job.append.LiveReport.Step;
import io.tidemark.job.append.LiveReport.Stray;
import io.tidemark.job.append.LiveReport.Taken;
import io.tidemark.job.append.LiveReport.Written;
import io.tidemark.model.DatasetId;
import io.tidemark.model.LiveMark;
import io.tidemark.model.Stamp;
import io.tidemark.model.TableRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.iceberg.DataFile;

/** The reports of one checkpoint, by what they are about. */
final class Tally {
  private final List<HistoryEnded> ended = new ArrayList<>();
  private final Map<DatasetId, TreeMap<Integer, LiveMark.Range>> taken = new TreeMap<>();
  private final Map<DatasetId, List<Gated>> gated = new TreeMap<>();
  private final Map<String, List<Written>> written = new TreeMap<>();
  private final List<TableRef> tables = new ArrayList<>();
  private final Map<DatasetId, List<Step>> followed = new TreeMap<>();
  private final Map<DatasetId, Long> scanned = new TreeMap<>();

  Tally(List<LiveReport> reports) {
    for (LiveReport report : reports) {
      if (report instanceof Taken t) {
        TreeMap<Integer, LiveMark.Range> ranges =
            taken.computeIfAbsent(t.source(), s -> new TreeMap<>());
        t.partitions().forEach((p, range) -> ranges.merge(p, range, Tally::plus));
      } else if (report instanceof Gated g) {
        gated.computeIfAbsent(g.task(), t -> new ArrayList<>()).add(g);
      } else if (report instanceof HistoryEnded h) {
        ended.add(h);
      } else if (report instanceof Followed f) {
        followed.computeIfAbsent(f.source(), s -> new ArrayList<>()).addAll(f.steps());
      } else if (report instanceof Scanned s) {
        scanned.merge(s.source(), s.rows(), Long::sum);
      } else if (report instanceof Written w) {
        List<Written> all = written.get(w.table().toString());
        if (all == null) {
          all = new ArrayList<>();
          written.put(w.table().toString(), all);
          tables.add(w.table());
        }
        all.add(w);
      }
    }
  }

  /** Two ranges of one partition as one. */
  static LiveMark.Range plus(LiveMark.Range one, LiveMark.Range other) {
    return new LiveMark.Range(
        Math.min(one.from(), other.from()),
        Math.max(one.to(), other.to()),
        one.records() + other.records(),
        one.deadLetters() + other.deadLetters());
  }

  List<HistoryEnded> ended() {
    return ended;
  }

  /** Every table that something was written to. */
  List<TableRef> tables() {
    return tables;
  }

  /** By partition. */
  Map<Integer, LiveMark.Range> taken(DatasetId source) {
    return taken.getOrDefault(source, new TreeMap<>());
  }

  /** What happened to a followed table, in order. */
  List<Step> followed(DatasetId source) {
    return followed.getOrDefault(source, List.of());
  }

  /** Rows that were read of a followed table. */
  long scanned(DatasetId source) {
    return scanned.getOrDefault(source, 0L);
  }

  List<Written> written(TableRef table) {
    return written.getOrDefault(table.toString(), List.of());
  }

  List<DataFile> files(TableRef table) {
    return files(written(table));
  }

  static List<DataFile> files(List<Written> written) {
    return written.stream().flatMap(w -> w.files().stream()).toList();
  }

  long rows(TableRef table) {
    return written(table).stream().mapToLong(Written::rows).sum();
  }

  List<Stamp.SliceDigest> slices(TableRef table) {
    return written(table).stream().flatMap(w -> w.slices().stream()).toList();
  }

  List<Stray> strays(TableRef table) {
    return written(table).stream().flatMap(w -> w.strays().stream()).toList();
  }

  List<Gated> gated(DatasetId task) {
    return gated.getOrDefault(task, List.of());
  }

  /**
   * Whether gates also moved for a checkpoint that was given up before all had: what they reported
   * then has come with the next one.
   */
  boolean isOfSeveralCheckpoints(DatasetId task) {
    return gated(task).stream().mapToLong(Gated::checkpoint).distinct().count() > 1;
  }

  /** The first slice that rows may still come for at any writer; empty if one does not know. */
  Optional<Long> writersOpenFrom(TableRef table) {
    return lowest(written(table).stream().map(Written::openFrom).toList());
  }

  /** The first slice that is open for any gate; empty if one of them has closed none. */
  Optional<Long> gatesOpenFrom(DatasetId task) {
    return lowest(gated(task).stream().map(Gated::openFrom).toList());
  }

  private static Optional<Long> lowest(List<Optional<Long>> all) {
    return all.stream().allMatch(Optional::isPresent)
        ? all.stream().map(Optional::get).min(Long::compare)
        : Optional.empty();
  }
}
