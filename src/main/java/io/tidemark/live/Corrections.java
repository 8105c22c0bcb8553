package io.tidemark.live;

import io.tidemark.lake.Lake;
import io.tidemark.model.Analysis.ColumnRef;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Environment.Limits;
import io.tidemark.model.ExpectedChange;
import io.tidemark.model.ExpectedChange.Allowed;
import io.tidemark.model.Facts;
import io.tidemark.model.Facts.TableFacts;
import io.tidemark.model.Graph;
import io.tidemark.model.Location;
import io.tidemark.model.Plan;
import io.tidemark.model.Plan.ChangeKind;
import io.tidemark.model.SliceRecord;
import io.tidemark.model.SliceSet;
import io.tidemark.model.TableRef;
import io.tidemark.model.TimeRanges;
import io.tidemark.model.Transform;
import io.tidemark.plan.Planner;
import io.tidemark.plan.Selection;
import io.tidemark.release.Runs;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Plans what late events and doubts ask for: exactly the closed slices that nothing else makes
 * stale, and what is made from them. A correction says beforehand which rows it may change, and is
 * held to that like any other change. Thread-safe if what it is given is.
 */
public final class Corrections {
  private final Lake lake;
  private final Graph graph;
  private final Limits limits;
  private final Query query;

  /** Reads rows; see {@link Rows}. */
  @FunctionalInterface
  public interface Query {

    /**
     * @param names the tables that the statement reads, by the names it uses
     * @param limit the most rows to answer with
     */
    Rows run(String sql, Map<DatasetId, TableRef> names, int limit);
  }

  /**
   * @param rows as SQL strings; empty for NULL
   * @param whole whether these are all
   */
  public record Rows(List<List<Optional<String>>> rows, Extent whole) {
    public Rows {
      rows = List.copyOf(rows);
    }
  }

  /** Whether rows are all there are. */
  public enum Extent {
    ALL,
    CUT_OFF
  }

  /**
   * One round.
   *
   * @param graph with the change that the plan declares
   * @param plan empty if there is nothing to correct now
   * @param expected what may differ per dataset of the plan, for people
   * @param waiting what is left for a later round
   */
  public record Round(
      Graph graph, Plan plan, SortedMap<DatasetId, String> expected, List<Waiting> waiting) {
    public Round {
      waiting = List.copyOf(waiting);
    }
  }

  /**
   * @param why for people
   */
  public record Waiting(DatasetId dataset, SliceSet slices, String why) {}

  public Corrections(Lake lake, Graph graph, Limits limits, Query query) {
    this.lake = lake;
    this.graph = graph;
    this.limits = limits;
    this.query = query;
  }

  /**
   * Plans a round; changes nothing.
   *
   * @param only this dataset and what is made from it; empty for all
   * @param pace for which slices is waited
   * @throws io.tidemark.model.TidemarkException as planning does
   */
  public Round next(Facts facts, Optional<DatasetId> only, Pace pace) {
    Plan stale = Planner.assess(graph, facts, Selection.everything(limits)).plan();
    List<Waiting> waiting = new ArrayList<>();
    List<Candidate> candidates = new ArrayList<>();
    for (Plan.Impact impact : stale.impacts()) {
      if (only.isEmpty() || only.get().equals(impact.dataset())) {
        SliceSet late = late(impact);
        SliceSet unsettled = unsettled(impact.dataset(), late, facts, pace);
        if (!unsettled.isEmpty()) {
          waiting.add(new Waiting(impact.dataset(), unsettled, "late events still come"));
        }
        late.minus(unsettled)
            .forEach(
                o -> candidates.add(new Candidate(impact.dataset(), late.grain().start(o), o)));
      }
    }
    SortedMap<DatasetId, SliceSet> chosen = choose(candidates, waiting);
    Graph declared = declare(new TreeMap<>());
    Plan plan =
        Planner.plan(
            declared,
            facts,
            new Selection(
                new TreeSet<>(),
                Optional.empty(),
                Optional.of(ExpectedChange.LATE),
                limits,
                Optional.of(chosen)));
    TreeMap<DatasetId, Allowed> allowed = new TreeMap<>();
    TreeMap<DatasetId, String> expected = new TreeMap<>();
    for (Plan.Impact impact : plan.impacts()) {
      if (!impact.stale().isEmpty()) {
        Expected what = expected(facts, plan, impact);
        allowed.put(impact.dataset(), what.allowed());
        expected.put(impact.dataset(), what.text());
      }
    }
    return new Round(declare(allowed), plan, expected, waiting);
  }

  /**
   * For which slices is waited.
   *
   * @param settledBefore those for which late events came since are left for later
   * @param overdueBefore but not where one came before this that they do not answer for
   */
  public record Pace(Instant settledBefore, Instant overdueBefore) {}

  private record Candidate(DatasetId dataset, Instant start, long ordinal) {}

  private record Expected(Allowed allowed, String text) {
    static Expected anything(String why) {
      return new Expected(LateKeys.anything(), "any row, since " + why);
    }
  }

  /** The slices for which late events or doubts, and nothing but what a round rebuilds, speak. */
  private static SliceSet late(Plan.Impact impact) {
    SliceSet none = SliceSet.empty(impact.stale().grain());
    SliceSet late = none;
    SliceSet other = none;
    for (Plan.Reason reason : impact.reasons()) {
      if (reason.kind() == ChangeKind.LATE_DATA || reason.kind() == ChangeKind.DOUBT) {
        late = late.union(reason.slices());
      } else if (reason.kind() != ChangeKind.UPSTREAM && reason.slices().grain() == other.grain()) {
        other = other.union(reason.slices());
      }
    }
    return late.minus(other);
  }

  private SliceSet unsettled(DatasetId output, SliceSet late, Facts facts, Pace pace) {
    SliceSet unsettled = SliceSet.empty(late.grain());
    SliceSet overdue = unsettled;
    Transform transform = graph.transformOf(output).orElse(null);
    if (late.isEmpty() || transform == null) {
      return unsettled;
    }
    Duration before = transform.window().lookahead();
    Duration after = transform.window().lookback();
    for (DatasetId input : transform.inputs()) {
      if (graph.dataset(input).topic().isPresent()) {
        Dataset source = graph.dataset(input);
        TimeRanges recent = lake.live(source, 0, pace.settledBefore(), Instant.MAX);
        SliceSet restless = Runs.overlapping(late, recent.widen(before, after));
        for (Map.Entry<Long, SliceSet> made :
            byPin(restless, ledger(facts, output), input).entrySet()) {
          TimeRanges old = lake.live(source, made.getKey(), Instant.MIN, pace.overdueBefore());
          overdue = overdue.union(Runs.overlapping(made.getValue(), old.widen(before, after)));
        }
        unsettled = unsettled.union(restless);
      }
    }
    return unsettled.minus(overdue);
  }

  private static List<SliceRecord> ledger(Facts facts, DatasetId dataset) {
    TableFacts table = facts.tables().get(dataset);
    return table == null ? List.of() : table.ledger();
  }

  /** Slices by the snapshot of an input that they were made from; 0 where it is not known. */
  private static SortedMap<Long, SliceSet> byPin(
      SliceSet slices, List<SliceRecord> ledger, DatasetId input) {
    SortedMap<Long, SliceSet> made = new TreeMap<>();
    SliceSet rest = slices;
    for (SliceRecord record : ledger) {
      if (rest.contains(record.ordinal()) && record.pins().containsKey(input)) {
        SliceSet one = SliceSet.range(slices.grain(), record.ordinal(), record.ordinal() + 1);
        made.merge(record.pins().get(input).snapshot(), one, SliceSet::union);
        rest = rest.minus(one);
      }
    }
    if (!rest.isEmpty()) {
      made.put(0L, rest);
    }
    return made;
  }

  /** The oldest, as many as a correction may take up. */
  private SortedMap<DatasetId, SliceSet> choose(List<Candidate> candidates, List<Waiting> waiting) {
    candidates.sort(
        Comparator.comparing(Candidate::start)
            .thenComparing(Candidate::dataset)
            .thenComparing(Candidate::ordinal));
    int most = (int) Math.min(limits.correctSlices(), candidates.size());
    slices(candidates.subList(most, candidates.size()))
        .forEach(
            (dataset, slices) ->
                waiting.add(
                    new Waiting(
                        dataset, slices, "over limits.correct_slices, for the next round")));
    return slices(candidates.subList(0, most));
  }

  private SortedMap<DatasetId, SliceSet> slices(List<Candidate> candidates) {
    SortedMap<DatasetId, SliceSet> slices = new TreeMap<>();
    for (Candidate c : candidates) {
      SliceSet slice =
          SliceSet.range(graph.dataset(c.dataset()).layout().slice(), c.ordinal(), c.ordinal() + 1);
      slices.merge(c.dataset(), slice, SliceSet::union);
    }
    return slices;
  }

  private Graph declare(SortedMap<DatasetId, Allowed> allowed) {
    List<ExpectedChange> changes = new ArrayList<>(graph.changes());
    changes.removeIf(c -> c.name().equals(ExpectedChange.LATE));
    changes.add(
        new ExpectedChange(
            ExpectedChange.LATE,
            "rows whose key late events touch",
            allowed,
            Location.of("tidemark correct")));
    return new Graph(graph.name(), graph.datasets(), graph.transforms(), changes, graph.revision());
  }

  private Expected expected(Facts facts, Plan plan, Plan.Impact impact) {
    Dataset dataset = graph.dataset(impact.dataset());
    if (impact.reasons().stream().anyMatch(r -> r.kind() == ChangeKind.DOUBT)) {
      return Expected.anything("a live job doubts what it wrote");
    }
    LateKeys keys = new LateKeys(graph);
    Optional<Map<String, ColumnRef>> origins = keys.origins(dataset);
    if (origins.isEmpty()) {
      return Expected.anything("its key does not come unchanged from the events");
    }
    Dataset source = graph.dataset(origins.get().values().iterator().next().dataset());
    Optional<SortedMap<Integer, Long>> from = offsets(facts, plan, source);
    if (from.isEmpty()) {
      return Expected.anything("what it was made from has expired");
    }
    String sql =
        keys.question(
            source,
            dataset.key().stream().map(k -> origins.get().get(k).column()).toList(),
            from.get(),
            read(plan, source));
    Rows found = query.run(sql, Map.of(source.id(), source.table()), LateKeys.MOST_KEYS);
    if (found.whole() == Extent.CUT_OFF) {
      return Expected.anything("late events touch more than " + LateKeys.MOST_KEYS + " keys");
    }
    return new Expected(
        keys.only(dataset, found.rows()),
        "rows of " + found.rows().size() + (found.rows().size() == 1 ? " key" : " keys"));
  }

  /** Event time of a source that the plan's late slices are made from. */
  private TimeRanges read(Plan plan, Dataset source) {
    TimeRanges read = TimeRanges.EMPTY;
    for (Plan.Impact impact : plan.impacts()) {
      Transform transform = graph.transformOf(impact.dataset()).orElse(null);
      if (transform != null && transform.inputs().contains(source.id())) {
        read =
            read.union(
                impact
                    .stale()
                    .ranges()
                    .widen(transform.window().lookback(), transform.window().lookahead()));
      }
    }
    return read;
  }

  /** From where on a source's events were not used by some slice of the plan. */
  private Optional<SortedMap<Integer, Long>> offsets(Facts facts, Plan plan, Dataset source) {
    Optional<SortedMap<Integer, Long>> least = Optional.empty();
    TreeSet<Long> pins = new TreeSet<>();
    for (Plan.Impact impact : plan.impacts()) {
      for (SliceRecord record : ledger(facts, impact.dataset())) {
        if (impact.stale().contains(record.ordinal()) && record.pins().containsKey(source.id())) {
          pins.add(record.pins().get(source.id()).snapshot());
        }
      }
    }
    for (long pin : pins) {
      Optional<SortedMap<Integer, Long>> at = lake.offsetsAt(source, pin);
      if (at.isEmpty()) {
        return Optional.empty();
      }
      least = Optional.of(least.map(l -> least(l, at.get())).orElse(at.get()));
    }
    return least;
  }

  /** A partition that only one of them knows began to be read later: all of it counts. */
  private static SortedMap<Integer, Long> least(
      SortedMap<Integer, Long> one, SortedMap<Integer, Long> other) {
    SortedMap<Integer, Long> least = new TreeMap<>();
    one.forEach(
        (partition, offset) -> {
          if (other.containsKey(partition)) {
            least.put(partition, Math.min(offset, other.get(partition)));
          }
        });
    return least;
  }
}
