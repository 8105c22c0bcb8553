package io.tidemark.release;

import io.tidemark.lake.Lake;
import io.tidemark.lake.Lake.Committed;
import io.tidemark.model.Dataset;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Takes back what one publish did to slices of one table. The stamp of the inverse commit says of
 * each slice again what the commit before the publish said of it, so the ledger is as exact as the
 * rows. Slices that earlier runs made differently need one commit each kind, since a stamp speaks
 * of one origin; each is idempotent by its own key.
 */
final class Undo {
  private final Lake lake;

  Undo(Lake lake) {
    this.lake = lake;
  }

  /** All slices of a publish. */
  Lake.Outcome undo(Dataset dataset, long publish, String key) {
    Committed committed = committed(dataset, publish);
    return undo(dataset, committed, committed.stamp().content().sliceSet(), key);
  }

  /**
   * @return the last commit made, or the first conflict
   */
  Lake.Outcome undo(Dataset dataset, Committed publish, SliceSet slices, String key) {
    Lake.Outcome outcome = new Lake.Done(publish.snapshot());
    List<Stamp> inverses = inverses(dataset, publish, slices, key);
    for (Stamp inverse : inverses) {
      outcome = lake.revert(dataset, publish.snapshot(), inverse.content().sliceSet(), inverse);
      if (outcome instanceof Lake.Conflict) {
        return outcome;
      }
    }
    return outcome;
  }

  private Committed committed(Dataset dataset, long publish) {
    return lake.stamps(dataset.table(), "main").stream()
        .filter(c -> c.snapshot() == publish)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "[BUG] publish " + publish + " is not in the history of " + dataset.table()));
  }

  private List<Stamp> inverses(Dataset dataset, Committed publish, SliceSet slices, String key) {
    List<Committed> history = lake.stamps(dataset.table(), "main");
    int at = history.stream().map(Committed::snapshot).toList().indexOf(publish.snapshot());
    List<Committed> older = history.subList(at + 1, history.size());
    Map<Stamp.Origin, List<Stamp.SliceDigest>> before = new LinkedHashMap<>();
    slices.forEach(
        ordinal -> {
          Optional<Stamp> stamp = newest(older, ordinal);
          Stamp.SliceDigest digest =
              stamp
                  .flatMap(s -> digest(s, ordinal))
                  .orElse(new Stamp.SliceDigest(ordinal, 0, io.tidemark.model.ContentHash.EMPTY));
          before
              .computeIfAbsent(
                  stamp.map(Stamp::origin).orElse(Stamp.Origin.NONE), o -> new ArrayList<>())
              .add(digest);
        });
    List<Stamp> inverses = new ArrayList<>();
    before.forEach(
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

  private static Optional<Stamp> newest(List<Committed> older, long ordinal) {
    return older.stream()
        .map(Committed::stamp)
        .filter(s -> s.kind() == Stamp.Kind.PUBLISH || s.kind() == Stamp.Kind.REVERT)
        .filter(s -> digest(s, ordinal).isPresent())
        .findFirst();
  }

  private static Optional<Stamp.SliceDigest> digest(Stamp stamp, long ordinal) {
    return stamp.content().slices().stream().filter(d -> d.ordinal() == ordinal).findFirst();
  }

  /** A short name for which slices an inverse commit is of, the same each time. */
  private static String name(List<Stamp.SliceDigest> digests) {
    return Fingerprint.of(
            digests.stream().map(d -> Long.toString(d.ordinal())).toArray(String[]::new))
        .abbreviated();
  }
}
