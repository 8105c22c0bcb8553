package io.tidemark.live;

import io.tidemark.lake.Lake;
import io.tidemark.lake.Lake.Committed;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.Graph;
import io.tidemark.model.LiveMark;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Pin;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.Stamp.SliceDigest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a shadow's branch says of the slices that it closed and vouches for.
 *
 * @param slices by ordinal
 * @param lateSince those of them for which late events may have come after they had closed
 * @param references what the newest closing looked up, and at which pins; of all inputs
 */
record ShadowClosings(
    SortedMap<Long, SliceDigest> slices, SliceSet lateSince, SortedMap<DatasetId, Pin> references) {
  static ShadowClosings of(Lake lake, Graph graph, Dataset dataset) {
    String branch = Side.SHADOW.branch();
    String name = Side.SHADOW.of(graph.name());
    Fingerprint code = graph.transformOf(dataset.id()).orElseThrow().analysis().fingerprint();
    Map<String, LiveMark> marks = new HashMap<>();
    SliceSet doubted = SliceSet.empty(dataset.layout().slice());
    for (LiveMark mark : lake.liveMarks(dataset.table(), branch)) {
      if (mark.job().startsWith(name + "-")) {
        marks.put(mark.job() + "/" + mark.checkpoint(), mark);
        for (LiveMark.Doubt doubt : mark.doubts()) {
          doubted = doubted.union(doubt.slices());
        }
      }
    }
    List<Committed> oldestFirst = new ArrayList<>(lake.stamps(dataset.table(), branch));
    Collections.reverse(oldestFirst);
    TreeMap<Long, SliceDigest> slices = new TreeMap<>();
    TreeMap<DatasetId, Pin> pins = new TreeMap<>();
    SliceSet late = SliceSet.empty(dataset.layout().slice());
    for (Committed commit : oldestFirst) {
      Stamp stamp = commit.stamp();
      if (stamp.kind() != Stamp.Kind.LIVE || !stamp.key().startsWith(LiveSpec.key(name) + "/")) {
        continue;
      }
      if (stamp.origin().analysis().filter(a -> a.fingerprint().equals(code)).isPresent()) {
        stamp.content().slices().forEach(s -> slices.put(s.ordinal(), s));
        pins.putAll(stamp.origin().pins());
      }
      LiveMark mark = marks.get(checkpoint(name, stamp.key()));
      if (mark != null && mark.counts().late() > 0) {
        late = SliceSet.ofOrdinals(late.grain(), slices.keySet().stream().mapToLong(o -> o));
      }
    }
    doubted.forEach(slices::remove);
    return new ShadowClosings(slices, late, pins);
  }

  /** {@code JOB/CHECKPOINT} of a commit's key, {@code live/NAME/JOB/TABLE/CHECKPOINT}. */
  private static String checkpoint(String name, String key) {
    String rest = key.substring(LiveSpec.key(name).length() + 1);
    return rest.substring(0, rest.indexOf('/')) + key.substring(key.lastIndexOf('/'));
  }
}
