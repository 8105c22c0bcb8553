package io.tidemark.release;

import io.tidemark.lake.Lake.Committed;
import io.tidemark.model.ContentHash;
import io.tidemark.model.Dataset;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The stamps of the commits that take a publish back. They say of each slice again what the commit
 * before the publish said of it, so the ledger is as exact as the rows. Slices that earlier runs
 * made differently need one commit each kind, since a stamp speaks of one origin. Reads each stamp
 * of the history once.
 */
final class Inverses {
  private Inverses() {}

  /**
   * @param history the stamped commits of main, newest first
   * @param slices those of the publish to take back
   * @param key what the keys of the inverse commits begin with
   */
  static List<Stamp> of(
      Dataset dataset, List<Committed> history, Committed publish, SliceSet slices, String key) {
    Map<Long, Before> before = before(history, publish, slices);
    Map<Stamp.Origin, List<Stamp.SliceDigest>> byOrigin = new LinkedHashMap<>();
    slices.forEach(
        ordinal -> {
          Before found = before.getOrDefault(ordinal, Before.nothing(ordinal));
          byOrigin.computeIfAbsent(found.origin(), o -> new ArrayList<>()).add(found.digest());
        });
    List<Stamp> inverses = new ArrayList<>();
    byOrigin.forEach(
        (origin, digests) ->
            inverses.add(
                new Stamp(
                    key + "-" + name(digests),
                    Stamp.Kind.REVERT,
                    dataset.id(),
                    origin,
                    new Stamp.Content(
                        dataset.layout().slice(),
                        digests,
                        publish.stamp().content().changedColumns()),
                    "takes back "
                        + publish.stamp().origin().run().map(r -> "run " + r).orElse("a publish")
                        + ", snapshot "
                        + publish.snapshot())));
    return inverses;
  }

  /** What the newest commit before the publish says of a slice. */
  private record Before(Stamp.Origin origin, Stamp.SliceDigest digest) {
    static Before nothing(long ordinal) {
      return new Before(Stamp.Origin.NONE, new Stamp.SliceDigest(ordinal, 0, ContentHash.EMPTY));
    }
  }

  private static Map<Long, Before> before(
      List<Committed> history, Committed publish, SliceSet slices) {
    Set<Long> left = new HashSet<>();
    slices.forEach(left::add);
    Map<Long, Before> before = new HashMap<>();
    boolean older = false;
    for (Committed commit : history) {
      if (left.isEmpty()) {
        break;
      }
      Stamp stamp = commit.stamp();
      boolean decides = stamp.kind() == Stamp.Kind.PUBLISH || stamp.kind() == Stamp.Kind.REVERT;
      if (older && decides) {
        for (Stamp.SliceDigest digest : stamp.content().slices()) {
          if (left.remove(digest.ordinal())) {
            before.put(digest.ordinal(), new Before(stamp.origin(), digest));
          }
        }
      }
      older |= commit.snapshot() == publish.snapshot();
    }
    return before;
  }

  /** A short name for which slices an inverse commit is of, the same each time. */
  private static String name(List<Stamp.SliceDigest> digests) {
    return Fingerprint.of(
            digests.stream().map(d -> Long.toString(d.ordinal())).toArray(String[]::new))
        .abbreviated();
  }
}
