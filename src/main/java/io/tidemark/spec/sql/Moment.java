package io.tidemark.spec.sql;

import io.tidemark.model.Analysis.ColumnRef;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.Grain;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a value says of the time it is made from: rows with equal values lie in the same of these
 * units.
 *
 * @param sources the table columns that hold the time, one of each input of a UNION
 * @param clock equal clocks mean the same time of the same row
 * @param units which units of the calendar the value determines; a month without its year is
 *     possible. A finer unit than {@link Grain#HOUR} is never needed
 * @param form what the value looks like: equal values of one form lie in the same units
 * @param missing whether the value may be NULL where an outer join found no row
 */
public record Moment(
    Set<ColumnRef> sources, String clock, Set<Grain> units, String form, boolean missing) {
  /** The form of a date or timestamp that lies in the units itself. */
  static final String TIME = "time";

  private static final List<Grain> UNITS = List.of(Grain.YEAR, Grain.MONTH, Grain.DAY, Grain.HOUR);

  public Moment {
    sources = Set.copyOf(sources);
    units = Set.copyOf(units);
  }

  static Moment of(ColumnRef column) {
    return new Moment(
        Set.of(column), column.dataset() + "." + column.column(), Set.copyOf(UNITS), TIME, false);
  }

  /** The units that together make up a slice: year, month and day for {@link Grain#DAY}. */
  static Set<Grain> downTo(Grain grain) {
    int last = UNITS.indexOf(grain);
    return last < 0 ? Set.of() : Set.copyOf(UNITS.subList(0, last + 1));
  }

  /** Whether values that are equal one by one lie in the same slice. */
  public static boolean determine(Grain slice, Collection<Moment> moments) {
    Map<String, Set<Grain>> known = new HashMap<>();
    moments.forEach(
        m -> known.computeIfAbsent(m.clock, c -> EnumSet.noneOf(Grain.class)).addAll(m.units));
    return slice == Grain.ALL
        || known.values().stream().anyMatch(units -> units.containsAll(downTo(slice)));
  }

  /** What two equal values say of both their times; nothing if their forms differ. */
  public Moment equalTo(Moment other) {
    boolean first = clock.compareTo(other.clock) < 0;
    String both = first ? hash("equal", clock, other.clock) : hash("equal", other.clock, clock);
    return new Moment(
        sources,
        both,
        form.equals(other.form) ? common(units, other.units) : Set.of(),
        form,
        false);
  }

  boolean isTime() {
    return form.equals(TIME);
  }

  Moment only(Set<Grain> kept) {
    return new Moment(sources, clock, common(units, kept), form, missing);
  }

  Moment as(String otherForm) {
    return new Moment(sources, clock, units, otherForm, missing);
  }

  Moment orMissing() {
    return new Moment(sources, clock, units, form, true);
  }

  Moment seenAs(String place) {
    return new Moment(sources, hash(place, clock), units, form, missing);
  }

  /** A value that is of one of two queries. */
  Moment union(Moment other) {
    Set<ColumnRef> all = new HashSet<>(sources);
    all.addAll(other.sources);
    return new Moment(
        all,
        hash("union", clock, other.clock),
        form.equals(other.form) ? common(units, other.units) : Set.of(),
        form,
        missing || other.missing);
  }

  private static Set<Grain> common(Set<Grain> one, Set<Grain> other) {
    Set<Grain> both = new HashSet<>(one);
    both.retainAll(other);
    return both;
  }

  private static String hash(String... words) {
    return Fingerprint.of(words).hex();
  }
}
