package io.tidemark.spec.sql;

import io.tidemark.model.Analysis.ColumnRef;
import io.tidemark.model.Analysis.Locality;
import io.tidemark.model.DatasetId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.apache.calcite.plan.RelOptUtil;
import org.apache.calcite.rel.RelFieldCollation;
import org.apache.calcite.rel.RelNode;
import org.apache.calcite.rel.core.Aggregate;
import org.apache.calcite.rel.core.AggregateCall;
import org.apache.calcite.rel.core.Correlate;
import org.apache.calcite.rel.core.CorrelationId;
import org.apache.calcite.rel.core.Filter;
import org.apache.calcite.rel.core.Join;
import org.apache.calcite.rel.core.JoinRelType;
import org.apache.calcite.rel.core.Match;
import org.apache.calcite.rel.core.Project;
import org.apache.calcite.rel.core.SetOp;
import org.apache.calcite.rel.core.Sort;
import org.apache.calcite.rel.core.TableFunctionScan;
import org.apache.calcite.rel.core.TableScan;
import org.apache.calcite.rel.core.Uncollect;
import org.apache.calcite.rel.core.Union;
import org.apache.calcite.rel.core.Values;
import org.apache.calcite.rel.type.RelDataTypeField;
import org.apache.calcite.rex.RexInputRef;
import org.apache.calcite.rex.RexLiteral;
import org.apache.calcite.rex.RexNode;
import org.apache.calcite.sql.SqlExplainLevel;
import org.apache.calcite.util.ImmutableBitSet;

/**
 * Takes a relational plan apart: what decides its rows, and each of its columns, back to the
 * tables. Each kind of node says how its output follows from its inputs; a kind without a rule of
 * its own is taken as a whole, so that any change of it counts as a change of everything.
 */
public final class PlanWalk {
  private final Predicate<DatasetId> isReference;
  private final RexWalk expressions = new RexWalk(this);
  private final List<WindowUse> windows = new ArrayList<>();
  private final List<String> orderDependent = new ArrayList<>();
  private final List<Grouping> groupings = new ArrayList<>();
  private final Set<String> inexactSums = new TreeSet<>();
  private final Set<String> spansOfTime = new TreeSet<>();
  private final Joins joins = new Joins();
  private Locality locality = Locality.ONE_TO_ONE;

  PlanWalk(Predicate<DatasetId> isReference) {
    this.isReference = isReference;
  }

  /**
   * Rows that are made from several rows of tables other than references.
   *
   * @param what for people: {@code GROUP BY}
   * @param keys what these rows have in common; empty if nothing
   */
  public record Grouping(String what, List<Part> keys) {
    public Grouping {
      keys = List.copyOf(keys);
    }
  }

  /**
   * What is known of one node of the plan.
   *
   * @param rows which rows come out, apart from their values
   * @param keys column positions that are unique together
   */
  public record Facts(Part rows, List<Part> columns, Set<ImmutableBitSet> keys) {
    public Facts {
      columns = List.copyOf(columns);
    }

    List<Part> all() {
      List<Part> all = new ArrayList<>(columns);
      all.add(0, rows);
      return all;
    }
  }

  /** How far an output row lies from the input rows it is made of. */
  public Locality locality() {
    return locality;
  }

  /** The time windows of fixed size in the plan. */
  public List<WindowUse> windows() {
    return windows;
  }

  /** What depends on the order in which rows arrive. */
  List<String> orderDependent() {
    return orderDependent;
  }

  /** Sums whose last bits depend on the order in which rows arrive. */
  Set<String> inexactSums() {
    return inexactSums;
  }

  /** What is taken over the rows of a span of time around each row. */
  Set<String> spansOfTime() {
    return spansOfTime;
  }

  /** How rows of several datasets come together. */
  public Joins joins() {
    return joins;
  }

  /** Where rows of several slices may come together. */
  public List<Grouping> groupings() {
    return groupings;
  }

  /**
   * Notes a grouping, unless it only concerns references, which are always read whole.
   *
   * @param concerned everything that takes part
   */
  void group(String what, List<Part> keys, List<Part> concerned) {
    boolean whole =
        concerned.stream().anyMatch(p -> !p.reads().isEmpty())
            && concerned.stream()
                .flatMap(p -> p.reads().stream())
                .allMatch(c -> isReference.test(c.dataset()));
    if (!whole) {
      groupings.add(new Grouping(what, keys));
    }
  }

  void shuffles() {
    locality = Locality.SHUFFLED;
  }

  /** A row in may be several rows out, or none. */
  void drops() {
    if (locality == Locality.ONE_TO_ONE) {
      locality = Locality.PRESERVED;
    }
  }

  void use(WindowUse window) {
    windows.add(window);
  }

  Facts walk(RelNode rel) {
    if (rel instanceof TableScan scan) {
      return scan(scan);
    } else if (rel instanceof Project project) {
      return project(project);
    } else if (rel instanceof Filter filter) {
      return filter(filter);
    } else if (rel instanceof Join join) {
      return join(join);
    } else if (rel instanceof Correlate correlate) {
      return correlate(correlate);
    } else if (rel instanceof Aggregate aggregate) {
      return aggregate(aggregate);
    } else if (rel instanceof Sort sort) {
      return sort(sort);
    } else if (rel instanceof SetOp set) {
      return setOperation(set);
    } else if (rel instanceof Values values) {
      return values(values);
    } else if (rel instanceof Uncollect uncollect) {
      return uncollect(uncollect);
    } else if (rel instanceof TableFunctionScan function) {
      return new WindowFunctions(this, expressions).walk(function);
    }
    return other(rel);
  }

  private static Facts scan(TableScan scan) {
    DatasetId dataset = dataset(scan);
    List<Part> columns = new ArrayList<>();
    for (RelDataTypeField field : scan.getRowType().getFieldList()) {
      columns.add(
          Part.column(
              new ColumnRef(dataset, field.getName()), field.getType().getFullTypeString()));
    }
    return new Facts(Part.constant("scan", dataset.value()), columns, Set.of());
  }

  private Facts project(Project project) {
    Facts input = walk(project.getInput());
    project.getVariablesSet().forEach(id -> expressions.bind(id, input.columns()));
    List<Part> columns = new ArrayList<>();
    List<Integer> sources = new ArrayList<>();
    for (RexNode expression : project.getProjects()) {
      columns.add(expressions.walk(expression, input.columns()));
      sources.add(
          RexWalk.sameValue(expression)
              .or(() -> Midnights.asDate(expression, project.getInput()))
              .map(RexInputRef::getIndex)
              .orElse(-1));
    }
    Set<ImmutableBitSet> keys = new HashSet<>();
    for (ImmutableBitSet key : input.keys()) {
      if (key.asList().stream().allMatch(sources::contains)) {
        keys.add(ImmutableBitSet.of(key.asList().stream().map(sources::indexOf).toList()));
      }
    }
    return new Facts(input.rows(), columns, keys);
  }

  private Facts filter(Filter filter) {
    drops();
    joins.filtered(filter.getInput(), filter.getCondition());
    Facts input = walk(filter.getInput());
    filter.getVariablesSet().forEach(id -> expressions.bind(id, input.columns()));
    joins.compared(filter.getCondition(), expressions, input.columns());
    Part condition = expressions.walk(filter.getCondition(), input.columns());
    return new Facts(
        Part.of(List.of("filter"), List.of(input.rows(), condition)),
        input.columns(),
        input.keys());
  }

  private Facts join(Join join) {
    drops();
    joins.filtered(join, join.getCondition());
    Facts left = walk(join.getLeft());
    Facts right = walk(join.getRight());
    boolean lookup =
        (join.getJoinType() == JoinRelType.INNER || join.getJoinType() == JoinRelType.LEFT)
            && isLookup(join.getRight());
    if (!lookup) {
      shuffles();
    }
    List<Part> both = sides(left, right);
    join.getVariablesSet().forEach(id -> expressions.bind(id, both));
    Part condition = expressions.walk(join.getCondition(), both);
    joins.join(join, expressions, both);
    return new Facts(
        Part.of(
            List.of("join", join.getJoinType().name()),
            List.of(left.rows(), right.rows(), condition)),
        join.getJoinType().projectsRight()
            ? orMissing(both, left.columns().size(), join.getJoinType())
            : both.subList(0, left.columns().size()),
        Set.of());
  }

  private Facts correlate(Correlate correlate) {
    drops();
    Facts left = walk(correlate.getLeft());
    bind(correlate.getCorrelationId(), left);
    joins.enter();
    Facts right = walk(correlate.getRight());
    joins.leave("JOIN", Joins.scanned(correlate.getLeft()), correlate.getRight(), List.of());
    if (!isLookup(correlate.getRight())) {
      shuffles();
    }
    return new Facts(
        Part.of(
            List.of("correlate", correlate.getJoinType().name()),
            List.of(left.rows(), right.rows())),
        orMissing(sides(left, right), left.columns().size(), correlate.getJoinType()),
        Set.of());
  }

  private static List<Part> orMissing(List<Part> both, int left, JoinRelType type) {
    List<Part> columns = new ArrayList<>();
    for (int i = 0; i < both.size(); i++) {
      boolean missing = i < left ? type.generatesNullsOnLeft() : type.generatesNullsOnRight();
      columns.add(missing ? both.get(i).orMissing() : both.get(i));
    }
    return columns;
  }

  private void bind(CorrelationId id, Facts facts) {
    expressions.bind(id, facts.columns());
  }

  /** A self-join has equal columns on both sides, so they are told apart by side. */
  private static List<Part> sides(Facts left, Facts right) {
    List<Part> both = new ArrayList<>();
    left.columns().forEach(c -> both.add(c.seenAs("left")));
    right.columns().forEach(c -> both.add(c.seenAs("right")));
    return both;
  }

  /** Whether every table below is a reference: such a side is sent to all. */
  private boolean isLookup(RelNode rel) {
    return rel instanceof TableScan scan
        ? isReference.test(dataset(scan))
        : rel.getInputs().stream().allMatch(this::isLookup);
  }

  static DatasetId dataset(TableScan scan) {
    List<String> path = scan.getTable().getQualifiedName();
    return DatasetId.of(path.get(path.size() - 1));
  }

  private Facts aggregate(Aggregate aggregate) {
    shuffles();
    Facts input = walk(aggregate.getInput());
    List<Part> columns = new ArrayList<>();
    List<Part> deciding = new ArrayList<>(List.of(input.rows()));
    List<Part> common = new ArrayList<>();
    for (int key : aggregate.getGroupSet()) {
      Part column = input.columns().get(key);
      Part out = column.seenAs("key").dependingOn(List.of());
      boolean always = aggregate.getGroupSets().stream().allMatch(s -> s.get(key));
      columns.add(always ? out : out.orMissing());
      deciding.add(column);
      if (always) {
        common.add(column);
      }
    }
    List<Integer> groups = aggregate.getGroupSet().asList();
    if (!isLookup(aggregate.getInput())) {
      groupings.add(new Grouping("GROUP BY", common));
    }
    List<String> sets =
        aggregate.getGroupSets().stream()
            .map(s -> s.asList().stream().map(groups::indexOf).toList().toString())
            .sorted()
            .toList();
    for (AggregateCall call : aggregate.getAggCallList()) {
      columns.add(aggregateCall(call, aggregate.getInput(), input));
    }
    List<String> words = new ArrayList<>(List.of("aggregate"));
    words.addAll(sets);
    Set<ImmutableBitSet> keys =
        sets.size() == 1 ? Set.of(minimalKey(columns.subList(0, groups.size()))) : Set.of();
    return new Facts(Part.of(words, deciding), columns, keys);
  }

  /** The end and time of a window follow from its start, and so add nothing to a key. */
  private static ImmutableBitSet minimalKey(List<Part> groups) {
    List<Integer> needed = new ArrayList<>();
    Set<String> windows = new HashSet<>();
    for (int i = 0; i < groups.size(); i++) {
      boolean repeats = groups.get(i).edge().map(e -> !windows.add(e.window())).orElse(false);
      if (!repeats) {
        needed.add(i);
      }
    }
    return ImmutableBitSet.of(needed);
  }

  private Part aggregateCall(AggregateCall call, RelNode rows, Facts input) {
    String name = call.getAggregation().getName();
    if (call.getArgList().stream().anyMatch(i -> InexactSums.isOne(name, rows, i))) {
      inexactSums.add(name);
    }
    if (call.getCollation().getFieldCollations().isEmpty() && RexWalk.isOrderDependent(name)) {
      orderDependent.add(name);
    }
    List<String> words =
        new ArrayList<>(
            List.of(
                "aggregate call",
                name,
                Boolean.toString(call.isDistinct()),
                Boolean.toString(call.isApproximate()),
                Boolean.toString(call.ignoreNulls()),
                Boolean.toString(call.hasFilter()),
                call.getType().getFullTypeString()));
    List<Part> parts = new ArrayList<>();
    call.rexList.forEach(rex -> parts.add(expressions.walk(rex, input.columns())));
    call.getArgList().forEach(i -> parts.add(input.columns().get(i)));
    if (call.hasFilter()) {
      parts.add(input.columns().get(call.filterArg));
    }
    for (RelFieldCollation field : call.getCollation().getFieldCollations()) {
      words.add(direction(field));
      parts.add(input.columns().get(field.getFieldIndex()));
    }
    return Part.of(words, parts);
  }

  static String direction(RelFieldCollation field) {
    return field.direction.name() + " " + field.nullDirection.name();
  }

  private Facts sort(Sort sort) {
    Facts input = walk(sort.getInput());
    if (sort.fetch == null && sort.offset == null) {
      return input;
    }
    shuffles();
    if (!isLookup(sort.getInput())) {
      groupings.add(new Grouping("LIMIT", List.of()));
    }
    if (sort.getCollation().getFieldCollations().isEmpty()) {
      orderDependent.add("LIMIT without ORDER BY");
    }
    List<String> words =
        new ArrayList<>(List.of("limit", String.valueOf(sort.offset), String.valueOf(sort.fetch)));
    List<Part> parts = new ArrayList<>(List.of(input.rows()));
    for (RelFieldCollation field : sort.getCollation().getFieldCollations()) {
      words.add(direction(field));
      parts.add(input.columns().get(field.getFieldIndex()));
    }
    return new Facts(Part.of(words, parts), input.columns(), input.keys());
  }

  private Facts setOperation(SetOp set) {
    shuffles();
    List<Facts> inputs = set.getInputs().stream().map(this::walk).toList();
    boolean byValue = !(set instanceof Union) || !set.all;
    List<Part> deciding = new ArrayList<>();
    List<Part> columns = new ArrayList<>();
    inputs.forEach(i -> deciding.addAll(byValue ? i.all() : List.of(i.rows())));
    for (int i = 0; i < set.getRowType().getFieldCount(); i++) {
      int at = i;
      columns.add(
          Part.of(
                  List.of(
                      "union",
                      set.getRowType().getFieldList().get(i).getType().getFullTypeString()),
                  inputs.stream().map(f -> f.columns().get(at)).toList())
              .withMoment(union(inputs.stream().map(f -> f.columns().get(at).moment()).toList())));
    }
    if (byValue) {
      group(set.kind.name(), columns, deciding);
    }
    Set<ImmutableBitSet> keys =
        byValue && !set.all ? Set.of(ImmutableBitSet.range(columns.size())) : Set.of();
    return new Facts(
        Part.of(List.of(set.kind.name(), Boolean.toString(set.all)), deciding), columns, keys);
  }

  private static Optional<Moment> union(List<Optional<Moment>> inputs) {
    return inputs.stream()
        .reduce((one, other) -> one.flatMap(a -> other.map(a::union)))
        .orElse(Optional.empty());
  }

  private Facts values(Values values) {
    drops();
    List<Part> columns = new ArrayList<>();
    for (int i = 0; i < values.getRowType().getFieldCount(); i++) {
      List<String> words = new ArrayList<>(List.of("values"));
      for (List<RexLiteral> tuple : values.getTuples()) {
        words.add(RexWalk.literal(tuple.get(i)));
      }
      columns.add(Part.constant(words.toArray(String[]::new)));
    }
    return new Facts(
        Part.constant("values", Integer.toString(values.getTuples().size())), columns, Set.of());
  }

  private Facts uncollect(Uncollect uncollect) {
    drops();
    Facts input = walk(uncollect.getInput());
    List<Part> all = input.all();
    Part rows = Part.of(List.of("uncollect", Boolean.toString(uncollect.withOrdinality)), all);
    List<Part> columns = new ArrayList<>();
    for (int i = 0; i < uncollect.getRowType().getFieldCount(); i++) {
      columns.add(Part.of(List.of("element", Integer.toString(i)), List.of(rows)));
    }
    return new Facts(rows, columns, Set.of());
  }

  /** Whether a plan is a total over all rows. */
  static boolean isOneRow(RelNode rel) {
    return rel instanceof Aggregate aggregate
        ? aggregate.getGroupCount() == 0
        : (rel instanceof Project || rel instanceof Filter) && isOneRow(rel.getInput(0));
  }

  private Facts other(RelNode rel) {
    shuffles();
    List<Part> parts = new ArrayList<>();
    rel.getInputs().forEach(input -> parts.addAll(walk(input).all()));
    if (!(rel instanceof Uncollect)) {
      // What is not known may bring any rows together.
      group(rel instanceof Match ? "MATCH_RECOGNIZE" : rel.getRelTypeName(), List.of(), parts);
    }
    String text = RelOptUtil.toString(rel, SqlExplainLevel.DIGEST_ATTRIBUTES);
    Part rows = Part.of(List.of("other", rel.getClass().getSimpleName(), text), parts);
    List<Part> columns = new ArrayList<>();
    for (int i = 0; i < rel.getRowType().getFieldCount(); i++) {
      columns.add(Part.of(List.of("output", Integer.toString(i)), List.of(rows)));
    }
    return new Facts(rows, columns, Set.of());
  }
}
