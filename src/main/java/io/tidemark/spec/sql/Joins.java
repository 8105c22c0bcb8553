package io.tidemark.spec.sql;

import io.tidemark.model.DatasetId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.calcite.plan.RelOptUtil;
import org.apache.calcite.rel.RelNode;
import org.apache.calcite.rel.core.Join;
import org.apache.calcite.rel.core.TableScan;
import org.apache.calcite.rex.RexCall;
import org.apache.calcite.rex.RexNode;
import org.apache.calcite.rex.RexSubQuery;
import org.apache.calcite.rex.RexUtil;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.util.ImmutableBitSet;

/** What a query's joins match rows by, sub-queries among them. */
public final class Joins {
  private final List<Matching> matchings = new ArrayList<>();
  private final Map<RelNode, List<RexNode>> above = new HashMap<>();
  private final Deque<List<Equal>> open = new ArrayDeque<>();

  /** Two values that are equal where rows match. */
  public record Equal(Part left, Part right) {}

  /**
   * Rows of two sides that are put together.
   *
   * @param what for people: {@code JOIN}
   * @param left the datasets on one side
   * @param right the datasets on the other
   */
  public record Matching(
      String what, Set<DatasetId> left, Set<DatasetId> right, List<Equal> equal) {
    public Matching {
      equal = List.copyOf(equal);
    }
  }

  /** Every pair of sides that is matched by equal values. */
  public List<Matching> found() {
    return matchings;
  }

  /**
   * Notes the condition of a join or of a filter above it: {@code FROM a, b WHERE a.x = b.x} has it
   * there. Call before the join's inputs are walked.
   */
  void filtered(RelNode rel, RexNode condition) {
    push(rel, RelOptUtil.conjunctions(condition));
  }

  private void push(RelNode rel, List<RexNode> conditions) {
    if (!(rel instanceof Join join) || conditions.isEmpty()) {
      return;
    }
    above.computeIfAbsent(join, j -> new ArrayList<>()).addAll(conditions);
    int left = join.getLeft().getRowType().getFieldCount();
    int all = join.getRowType().getFieldCount();
    push(join.getLeft(), only(conditions, ImmutableBitSet.range(left)));
    List<RexNode> right =
        only(conditions, ImmutableBitSet.range(left, Math.max(left, all))).stream()
            .map(c -> RexUtil.shift(c, -left))
            .toList();
    push(join.getRight(), right);
  }

  private static List<RexNode> only(List<RexNode> conditions, ImmutableBitSet columns) {
    return conditions.stream()
        .filter(c -> columns.contains(RelOptUtil.InputFinder.bits(c)))
        .toList();
  }

  void join(Join join, RexWalk expressions, List<Part> both) {
    List<RexNode> conditions = above.getOrDefault(join, List.of());
    int left = join.getLeft().getRowType().getFieldCount();
    List<Equal> equal = new ArrayList<>();
    for (RexNode condition : conditions) {
      if (isEquality(condition)) {
        List<RexNode> sides = ((RexCall) condition).getOperands();
        ImmutableBitSet one = RelOptUtil.InputFinder.bits(sides.get(0));
        ImmutableBitSet other = RelOptUtil.InputFinder.bits(sides.get(1));
        if (crosses(one, other, left) || crosses(other, one, left)) {
          equal.addAll(
              equal(
                  condition,
                  expressions.walk(sides.get(0), both),
                  expressions.walk(sides.get(1), both)));
        }
      }
    }
    matchings.add(new Matching("JOIN", scanned(join.getLeft()), scanned(join.getRight()), equal));
  }

  private static boolean crosses(ImmutableBitSet one, ImmutableBitSet other, int left) {
    return !one.isEmpty()
        && !other.isEmpty()
        && one.nth(one.cardinality() - 1) < left
        && other.nth(0) >= left;
  }

  /** Rows of all slices may match by NULLs that outer joins left. */
  private static List<Equal> equal(RexNode condition, Part left, Part right) {
    boolean byNull =
        condition.getKind() == SqlKind.IS_NOT_DISTINCT_FROM
            && Stream.of(left, right).anyMatch(p -> p.moment().map(Moment::missing).orElse(false));
    return byNull ? List.of() : List.of(new Equal(left, right));
  }

  private static boolean isEquality(RexNode condition) {
    return condition.getKind() == SqlKind.EQUALS
        || condition.getKind() == SqlKind.IS_NOT_DISTINCT_FROM;
  }

  /** Begins a sub-query or the right side of a LATERAL; what it compares with outer rows counts. */
  void enter() {
    open.push(new ArrayList<>());
  }

  /** Notes what a filter compares with outer rows. */
  void compared(RexNode condition, RexWalk expressions, List<Part> columns) {
    if (open.isEmpty()) {
      return;
    }
    for (RexNode conjunct : RelOptUtil.conjunctions(condition)) {
      if (isEquality(conjunct)) {
        List<RexNode> sides = ((RexCall) conjunct).getOperands();
        if (RexUtil.containsCorrelation(sides.get(0))
            != RexUtil.containsCorrelation(sides.get(1))) {
          open.peek()
              .addAll(
                  equal(
                      conjunct,
                      expressions.walk(sides.get(0), columns),
                      expressions.walk(sides.get(1), columns)));
        }
      }
    }
  }

  /** Ends what {@link #enter} began: rows of the left datasets meet those of the sub-plan. */
  void leave(String what, Set<DatasetId> left, RelNode right, List<Equal> more) {
    List<Equal> equal = new ArrayList<>(open.pop());
    equal.addAll(more);
    matchings.add(new Matching(what, left, scanned(right), equal));
  }

  /** What {@code x IN (SELECT y ...)} matches. */
  static List<Equal> inPairs(RexSubQuery query, List<Part> operands, List<Part> columns) {
    List<Equal> equal = new ArrayList<>();
    for (int i = 0; i < operands.size() && query.getKind() == SqlKind.IN; i++) {
      equal.add(new Equal(operands.get(i), columns.get(i)));
    }
    return equal;
  }

  static Set<DatasetId> scanned(RelNode rel) {
    Set<DatasetId> found = new TreeSet<>();
    if (rel instanceof TableScan scan) {
      found.add(PlanWalk.dataset(scan));
    }
    rel.getInputs().forEach(input -> found.addAll(scanned(input)));
    return found;
  }
}
