package io.tidemark.lake.notes;

import io.tidemark.model.Changes.Touched;
import io.tidemark.model.RunId;
import io.tidemark.model.TimeRanges;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a stretch of main's history did to its rows. Snapshots are ordered by Iceberg's sequence
 * numbers, which grow along every history.
 *
 * @param from the first sequence number of the stretch
 * @param upTo the last snapshot
 * @param last its sequence number
 * @param pins snapshots of main that slices were made from
 * @param events what changed rows
 */
public record Told(long from, long upTo, long last, List<At> pins, List<Event> events) {

  /** Where in the history a snapshot lies. */
  public record At(long snapshot, long sequence) {}

  /**
   * A commit, or many of live jobs: then the last one of those that reached the ranges.
   *
   * @param run whose publish it was
   */
  public record Event(
      long sequence, TimeRanges ranges, List<String> columns, String cause, Optional<RunId> run) {
    public Event {
      Objects.requireNonNull(ranges, "ranges");
      columns = List.copyOf(columns);
      Objects.requireNonNull(cause, "cause");
      Objects.requireNonNull(run, "run");
    }

    /** The same, as changes tell it. */
    public Stream<Touched> touched() {
      return ranges.ranges().stream().map(r -> new Touched(r, columns, cause));
    }
  }

  public Told {
    pins = List.copyOf(pins);
    events = List.copyOf(events);
  }

  /** The stretch as far as a sequence number, after main went back to that snapshot. */
  public Told backTo(long snapshot, long sequence) {
    return last <= sequence
        ? this
        : new Told(
            from,
            snapshot,
            sequence,
            pins.stream().filter(p -> p.sequence() <= sequence).toList(),
            events.stream().filter(e -> e.sequence() <= sequence).toList());
  }
}
