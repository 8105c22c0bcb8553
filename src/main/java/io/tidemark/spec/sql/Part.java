package io.tidemark.spec.sql;

import io.tidemark.model.Analysis.ColumnRef;
import io.tidemark.model.Fingerprint;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * One column of a relational expression, or what decides its rows, taken back to the tables.
 *
 * @param digest equal digests mean equal expressions over equal columns of the same tables. Made of
 *     names and literals alone, so it is the same in every process
 * @param origins the table columns that the value is made from
 * @param reads the table columns that are read for it in any way; holds the origins
 * @param edge set for an untouched bound of a window
 * @param moment what it says of the time in a table column, if that is known
 */
public record Part(
    String digest,
    SortedSet<ColumnRef> origins,
    SortedSet<ColumnRef> reads,
    Optional<Edge> edge,
    Optional<Moment> moment) {

  /** Which bound of which window a column is. */
  public record Edge(Kind kind, String window) {
    public enum Kind {
      START,
      END,
      TIME
    }
  }

  static Part constant(String... digest) {
    return new Part(
        hash(List.of(digest)),
        new TreeSet<>(),
        new TreeSet<>(),
        Optional.empty(),
        Optional.empty());
  }

  static Part column(ColumnRef column, String type) {
    TreeSet<ColumnRef> self = new TreeSet<>(List.of(column));
    return new Part(
        hash(List.of("column", column.dataset().value(), column.column(), type)),
        self,
        self,
        Optional.empty(),
        Optional.of(Moment.of(column)));
  }

  /** An expression over parts, told apart from others by the words. */
  static Part of(List<String> words, Collection<Part> parts) {
    List<String> all = new ArrayList<>(words);
    TreeSet<ColumnRef> origins = new TreeSet<>();
    TreeSet<ColumnRef> reads = new TreeSet<>();
    for (Part part : parts) {
      all.add(part.digest);
      origins.addAll(part.origins);
      reads.addAll(part.reads);
    }
    return new Part(hash(all), origins, reads, Optional.empty(), Optional.empty());
  }

  /** The same value seen from another place of the plan. */
  Part seenAs(String place) {
    return new Part(
        hash(List.of(place, digest)),
        origins,
        reads,
        edge.map(e -> new Edge(e.kind, hash(List.of(place, e.window)))),
        moment.map(m -> m.seenAs(place)));
  }

  Part withEdge(Edge.Kind kind, String window) {
    return new Part(digest, origins, reads, Optional.of(new Edge(kind, window)), moment);
  }

  Part withMoment(Optional<Moment> known) {
    return new Part(digest, origins, reads, edge, known);
  }

  /** This value, or NULL where an outer join finds no row or a total leaves out the key. */
  Part orMissing() {
    return withMoment(moment.map(Moment::orMissing));
  }

  /** This value, which also depends on other parts without being made from them. */
  Part dependingOn(Collection<Part> parts) {
    TreeSet<ColumnRef> all = new TreeSet<>(reads);
    parts.forEach(p -> all.addAll(p.reads));
    return new Part(digest, origins, all, edge, moment);
  }

  private static String hash(List<String> words) {
    return Fingerprint.of(words.toArray(String[]::new)).hex();
  }
}
