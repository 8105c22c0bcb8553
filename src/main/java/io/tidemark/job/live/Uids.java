package io.tidemark.job.live;

import io.tidemark.model.DatasetId;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.api.dag.Transformation;
import org.apache.flink.table.api.TableConfig;

/**
 * By which Flink knows the operators of a transform. Its planner counts on from whatever the
 * process planned before, so the same transform would be other operators with every start.
 */
final class Uids {
  /** The planner's own, at the end of an operator's name. */
  private static final Pattern NUMBER = Pattern.compile("\\[\\d+]$");

  private final String task;

  Uids(DatasetId task) {
    this.task = task.value();
  }

  /** Of all that is planned from now on. */
  void set(TableConfig config) {
    config.set("table.exec.uid.generation", "ALWAYS");
    config.set("table.exec.uid.format", task + "/<id>_<transformation>");
  }

  /** Counts the transform's own operators from one. Does nothing the second time. */
  void renumber(Transformation<?> result) {
    Pattern pattern = Pattern.compile(Pattern.quote(task) + "/(\\d+)_(.*)", Pattern.DOTALL);
    Map<Transformation<?>, Matcher> planned = new LinkedHashMap<>();
    for (Transformation<?> each : result.getTransitivePredecessors()) {
      Matcher uid = pattern.matcher(Objects.requireNonNullElse(each.getUid(), ""));
      if (uid.matches()) {
        planned.put(each, uid);
      }
    }
    SortedSet<Long> ids = new TreeSet<>();
    planned.values().forEach(uid -> ids.add(Long.valueOf(uid.group(1))));
    planned.forEach(
        (each, uid) -> {
          int rank = ids.headSet(Long.valueOf(uid.group(1))).size() + 1;
          each.setUid(task + "/" + rank + "_" + uid.group(2));
          each.setName(task + ": " + NUMBER.matcher(each.getName()).replaceAll("[" + rank + "]"));
        });
  }
}
