package io.tidemark.plan;

import io.tidemark.model.Analysis;
import io.tidemark.model.Changes;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Facts;
import io.tidemark.model.Facts.SliceFiles;
import io.tidemark.model.Facts.TableFacts;
import io.tidemark.model.Grain;
import io.tidemark.model.Graph;
import io.tidemark.model.LiveMark;
import io.tidemark.model.Pin;
import io.tidemark.model.Plan.ChangeKind;
import io.tidemark.model.SliceRecord;
import io.tidemark.model.SliceSet;
import io.tidemark.model.TimeRange;
import io.tidemark.model.TimeRanges;
import io.tidemark.model.Transform;
import io.tidemark.model.Transform.Window;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** Finds what is stale and why, one transform after another in topological order. */
final class Detector {
  private static final int CAUSES_SHOWN = 3;
  private static final Comparator<Finding> FINDING_ORDER =
      Comparator.comparing(Finding::kind)
          .thenComparing(Finding::detail)
          .thenComparing(f -> f.slices().toString());

  private final Map<DatasetId, Dataset> datasets = new HashMap<>();
  private final Map<DatasetId, Work> works = new HashMap<>();

  /** What each output's plan leaves alone, for those that read it. */
  private final Map<DatasetId, TimeRanges> waiting = new HashMap<>();

  private final Facts facts;
  private final Selection selection;

  Detector(Graph graph, Facts facts, Selection selection) {
    graph.datasets().forEach(d -> datasets.put(d.id(), d));
    this.facts = facts;
    this.selection = selection;
  }

  /** Everything the transforms so far have to do, by output. */
  Map<DatasetId, Work> works() {
    return works;
  }

  /** Call in topological order. */
  void detect(Transform transform) {
    Dataset output = datasets.get(transform.output());
    Grain grain = output.layout().slice();
    Optional<TableFacts> table = table(output.id());
    TimeRanges unfinished = unfinished(transform);
    Ledger ledger = Ledger.of(grain, closed(grain, table, unfinished));
    SliceSet domain = domain(transform, grain);
    domain = domain.minus(Touch.overlapping(domain, unfinished));
    List<Finding> doubts = doubts(grain, table, unfinished);

    List<Finding> findings = new ArrayList<>();
    findings.add(
        new Finding(
            ChangeKind.ADDED,
            domain.minus(ledger.slices()).minus(union(grain, doubts)),
            table.isPresent() ? "never built" : "no table yet",
            Columns.ANY));
    SchemaChange change = schemaChange(output);
    findings.addAll(schema(output, ledger, change));
    findings.addAll(logic(output, transform, ledger, change.added()));
    findings.addAll(inputData(transform, ledger));
    findings.addAll(upstream(transform, ledger));
    findings.addAll(doubts);

    SliceSet stale = union(grain, findings);
    SliceSet chosen = selection.restrict(output.id(), stale);
    if (selection.corrections().isPresent()) {
      chosen = chosen.intersect(corrected(output.id(), grain, findings));
    }
    SliceSet built = chosen;
    List<Finding> kept =
        findings.stream()
            .map(f -> f.within(built))
            .filter(f -> !f.slices().isEmpty())
            .sorted(FINDING_ORDER)
            .toList();
    int stage = chosen.isEmpty() ? 0 : 1 + inputStage(transform);
    SliceSet reused = ledger.slices().minus(stale);
    works.put(
        output.id(), new Work(output, transform, ledger.slices(), chosen, reused, kept, stage));
  }

  /** The slices that are stale for nothing else than what the plan puts right. */
  private SliceSet corrected(DatasetId output, Grain grain, List<Finding> findings) {
    SliceSet late = SliceSet.empty(grain);
    SliceSet upstream = SliceSet.empty(grain);
    SliceSet other = SliceSet.empty(grain);
    for (Finding finding : findings) {
      switch (finding.kind()) {
        case LATE_DATA, DOUBT -> late = late.union(finding.slices());
        case UPSTREAM -> upstream = upstream.union(finding.slices());
        case ADDED,
            REMOVED,
            LOGIC,
            SCHEMA_COMPATIBLE,
            SCHEMA_INCOMPATIBLE,
            INPUT_DATA,
            METADATA_ONLY ->
            other = other.union(finding.slices());
      }
    }
    SliceSet asked =
        selection
            .corrections()
            .flatMap(c -> Optional.ofNullable(c.get(output)))
            .orElse(SliceSet.empty(grain));
    return late.intersect(asked).union(upstream).minus(other);
  }

  /**
   * The event time whose slices a plan leaves alone: live jobs still write to them, or to what they
   * are made from. What is made from unfinished slices would only be stale again.
   */
  private TimeRanges unfinished(Transform transform) {
    TimeRanges unfinished = open(transform.output());
    boolean sliced = datasets.get(transform.output()).layout().slice() != Grain.ALL;
    for (DatasetId input : transform.inputs()) {
      // One slice of all time would wait for ever.
      if (sliced && datasets.get(input).layout().slice() != Grain.ALL) {
        Window window = transform.window();
        TimeRanges reading = waiting.getOrDefault(input, TimeRanges.EMPTY);
        unfinished = unfinished.union(reading.widen(window.lookahead(), window.lookback()));
      }
    }
    waiting.put(transform.output(), unfinished);
    return unfinished;
  }

  private TimeRanges open(DatasetId output) {
    Grain grain = datasets.get(output).layout().slice();
    return table(output)
        .flatMap(TableFacts::live)
        .map(mark -> mark.openTime(grain))
        .orElse(TimeRanges.EMPTY);
  }

  private static List<SliceRecord> closed(
      Grain grain, Optional<TableFacts> table, TimeRanges unfinished) {
    return table.map(TableFacts::ledger).orElse(List.of()).stream()
        .filter(r -> !unfinished.overlaps(grain.range(r.ordinal())))
        .toList();
  }

  /** Closed slices that the live job made and does not vouch for. */
  private static List<Finding> doubts(
      Grain grain, Optional<TableFacts> table, TimeRanges unfinished) {
    List<Finding> findings = new ArrayList<>();
    for (LiveMark.Doubt doubt :
        table.flatMap(TableFacts::live).map(LiveMark::doubts).orElse(List.of())) {
      if (doubt.slices().grain() == grain) {
        SliceSet closed = doubt.slices().minus(Touch.overlapping(doubt.slices(), unfinished));
        findings.add(new Finding(ChangeKind.DOUBT, closed, doubt.reason(), Columns.ANY));
      }
    }
    return merge(findings);
  }

  /** The slices that an output has, as far as its inputs reach. */
  private SliceSet domain(Transform transform, Grain grain) {
    SliceSet domain = SliceSet.empty(grain);
    for (DatasetId input : transform.inputs()) {
      Grain inputGrain = datasets.get(input).layout().slice();
      if (grain == Grain.ALL || inputGrain != Grain.ALL) {
        TimeRanges extent = extent(input).ranges();
        domain = domain.union(Touch.reachable(grain, extent, transform.window()));
      }
    }
    return domain;
  }

  /** What an input holds on main, and what this plan makes of it. */
  private SliceSet extent(DatasetId input) {
    Grain grain = datasets.get(input).layout().slice();
    SliceSet extent =
        SliceSet.ofOrdinals(
            grain,
            table(input).stream()
                .flatMap(t -> t.inventory().stream())
                .mapToLong(SliceFiles::ordinal));
    return rebuilt(input).map(Work::stale).map(extent::union).orElse(extent);
  }

  private SchemaChange schemaChange(Dataset output) {
    return table(output.id())
        .map(t -> SchemaChange.between(t.schema(), output.schema()))
        .orElse(SchemaChange.NONE);
  }

  private static List<Finding> schema(Dataset output, Ledger ledger, SchemaChange change) {
    List<Finding> findings = new ArrayList<>();
    if (!change.added().isEmpty()) {
      findings.add(
          new Finding(
              ChangeKind.SCHEMA_COMPATIBLE,
              ledger.slices(),
              "adds " + Columns.describe(change.added()),
              Columns.of(output, change.added())));
    }
    if (!change.broken().isEmpty()) {
      findings.add(
          new Finding(
              ChangeKind.SCHEMA_INCOMPATIBLE,
              ledger.slices(),
              String.join("; ", change.broken()),
              Columns.ANY));
    }
    return findings;
  }

  private List<Finding> logic(
      Dataset output, Transform transform, Ledger ledger, List<String> added) {
    Analysis now = transform.analysis();
    List<Finding> findings = new ArrayList<>();
    for (Ledger.Group group : ledger.groups()) {
      if (group.fingerprint().equals(now.fingerprint())) {
        continue;
      }
      Optional<Analysis> before = Optional.ofNullable(facts.analyses().get(group.fingerprint()));
      SortedSet<String> differing =
          before.map(b -> Columns.differing(b, now)).orElseGet(TreeSet::new);
      boolean onlyAdds = !differing.isEmpty() && added.containsAll(differing);
      if (!onlyAdds) {
        findings.add(
            new Finding(
                ChangeKind.LOGIC,
                group.slices(),
                logicDetail(before, now, differing),
                before.map(b -> Columns.between(output, b, now)).orElse(Columns.ANY)));
      }
    }
    return merge(findings);
  }

  private static String logicDetail(
      Optional<Analysis> before, Analysis now, SortedSet<String> differing) {
    if (before.isEmpty()) {
      return "unknown code -> " + now.fingerprint().abbreviated();
    }
    String what =
        !differing.isEmpty()
            ? Columns.describe(differing)
            : before.get().rows().equals(now.rows()) ? "any column" : "which rows come out";
    String from = before.get().fingerprint().abbreviated();
    return what + " (" + from + " -> " + now.fingerprint().abbreviated() + ")";
  }

  private List<Finding> inputData(Transform transform, Ledger ledger) {
    List<Finding> findings = new ArrayList<>();
    for (DatasetId input : new TreeSet<>(transform.inputs())) {
      SliceSet touched = SliceSet.empty(ledger.slices().grain());
      SliceSet late = touched;
      SortedSet<String> causes = new TreeSet<>();
      for (Ledger.Group group : ledger.groups()) {
        Changes changes = changes(input, Optional.ofNullable(group.pins().get(input)));
        if (!changes.unknown().isEmpty()) {
          touched = touched.union(group.slices());
          causes.add(changes.unknown());
        }
        Map<String, List<TimeRange>> byCause = new TreeMap<>();
        for (Changes.Touched t : changes.touched()) {
          Columns columns = Columns.of(datasets.get(input), t.columns());
          if (columns.concern(transform.analysis(), input)) {
            byCause.computeIfAbsent(t.cause(), c -> new ArrayList<>()).add(t.range());
          }
        }
        for (Map.Entry<String, List<TimeRange>> entry : byCause.entrySet()) {
          SliceSet reached =
              Touch.reached(group.slices(), new TimeRanges(entry.getValue()), transform.window());
          if (entry.getKey().equals(Changes.LATE)) {
            late = late.union(reached);
          } else if (!reached.isEmpty()) {
            touched = touched.union(reached);
            causes.add(entry.getKey());
          }
        }
      }
      findings.add(
          new Finding(ChangeKind.INPUT_DATA, touched, input + ": " + shorten(causes), Columns.ANY));
      findings.add(
          new Finding(ChangeKind.LATE_DATA, late, input + ": " + Changes.LATE, Columns.ANY));
    }
    return findings;
  }

  private Changes changes(DatasetId input, Optional<Pin> pin) {
    Optional<TableFacts> table = table(input);
    Optional<Long> head = table.flatMap(TableFacts::head);
    if (pin.isEmpty()) {
      return head.isEmpty() ? Changes.NONE : Changes.unknown("not read before");
    } else if (table.isEmpty()) {
      return Changes.unknown("its table is gone");
    } else if (pin.get().run().isEmpty() && head.equals(Optional.of(pin.get().snapshot()))) {
      return Changes.NONE;
    }
    Changes unheard = Changes.unknown("what happened since it was read is not known");
    return table.get().changes().getOrDefault(pin.get(), unheard);
  }

  private List<Finding> upstream(Transform transform, Ledger ledger) {
    List<Finding> findings = new ArrayList<>();
    for (DatasetId input : new TreeSet<>(transform.inputs())) {
      for (Finding cause : rebuilt(input).map(Work::findings).orElse(List.of())) {
        if (cause.columns().concern(transform.analysis(), input)) {
          SliceSet reached =
              Touch.reached(ledger.slices(), cause.slices().ranges(), transform.window());
          findings.add(
              new Finding(
                  ChangeKind.UPSTREAM,
                  reached,
                  input + ": " + cause.columns().describe(),
                  Columns.ANY));
        }
      }
    }
    return merge(findings);
  }

  private int inputStage(Transform transform) {
    return transform.inputs().stream()
        .flatMap(i -> rebuilt(i).stream())
        .mapToInt(Work::stage)
        .max()
        .orElse(0);
  }

  private Optional<TableFacts> table(DatasetId id) {
    return Optional.ofNullable(facts.tables().get(id));
  }

  private Optional<Work> rebuilt(DatasetId id) {
    return Optional.ofNullable(works.get(id)).filter(Work::isRebuilt);
  }

  /** Findings that read the same become one. */
  private static List<Finding> merge(List<Finding> findings) {
    Map<String, Finding> merged = new TreeMap<>();
    for (Finding f : findings) {
      merged.merge(
          f.detail(),
          f,
          (a, b) -> new Finding(a.kind(), a.slices().union(b.slices()), a.detail(), a.columns()));
    }
    return List.copyOf(merged.values());
  }

  private static SliceSet union(Grain grain, List<Finding> findings) {
    return findings.stream().map(Finding::slices).reduce(SliceSet.empty(grain), SliceSet::union);
  }

  private static String shorten(SortedSet<String> causes) {
    String shown = String.join("; ", causes.stream().limit(CAUSES_SHOWN).toList());
    int more = causes.size() - CAUSES_SHOWN;
    return more > 0 ? shown + "; and " + more + " more" : shown;
  }
}
