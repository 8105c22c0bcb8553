package io.tidemark.job;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.api.dag.Transformation;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.transformations.PhysicalTransformation;

/**
 * By which people and Flink know the operators of a job. Flink's planner numbers what it plans, and
 * streams that become tables, through all that the process has planned; here each order begins at
 * one.
 */
final class OperatorIds {
  private static final Pattern PLANNED = Pattern.compile("(.*)\\[(\\d+)]", Pattern.DOTALL);
  private static final Pattern COUNTED =
      Pattern.compile("\\*?(anonymous_\\w+)\\$\\d+\\*?|(Unregistered_\\w+?)_\\d+");

  private OperatorIds() {}

  /**
   * Gives every operator of a bounded job a name that begins with its dataset, and a uid.
   *
   * @param env with a whole job on it
   */
  static void give(StreamExecutionEnvironment env, String dataset) {
    Map<Integer, Transformation<?>> all = operators(env);
    SortedSet<Long> numbers = new TreeSet<>();
    for (Transformation<?> each : all.values()) {
      Matcher planned = PLANNED.matcher(each.getName());
      if (planned.matches()) {
        numbers.add(Long.valueOf(planned.group(2)));
      }
    }
    for (Transformation<?> each : all.values()) {
      Matcher planned = PLANNED.matcher(each.getName());
      String name =
          planned.matches()
              ? planned.group(1)
                  + "["
                  + (numbers.headSet(Long.valueOf(planned.group(2))).size() + 1)
                  + "]"
              : each.getName();
      each.setName(
          dataset
              + ": "
              + COUNTED.matcher(name.replace("IcebergSource-", "read ")).replaceAll("$1$2"));
    }
    give(all);
  }

  /** Gives every operator that has no uid one of its name. */
  static void complete(StreamExecutionEnvironment env) {
    give(operators(env));
  }

  private static void give(Map<Integer, Transformation<?>> all) {
    Set<String> taken = new HashSet<>();
    all.values().stream().map(Transformation::getUid).forEach(taken::add);
    for (Transformation<?> each : all.values()) {
      if (each.getUid() == null) {
        String uid = each.getName();
        for (int i = 2; !taken.add(uid); i++) {
          uid = each.getName() + "/" + i;
        }
        each.setUid(uid);
      }
    }
  }

  /** In the order in which they were made; without what only says where rows go. */
  private static Map<Integer, Transformation<?>> operators(StreamExecutionEnvironment env) {
    Map<Integer, Transformation<?>> all = new TreeMap<>();
    for (Transformation<?> end : env.getTransformations()) {
      for (Transformation<?> each : end.getTransitivePredecessors()) {
        if (each instanceof PhysicalTransformation) {
          all.put(each.getId(), each);
        }
      }
      if (end instanceof PhysicalTransformation) {
        all.put(end.getId(), end);
      }
    }
    return all;
  }
}
