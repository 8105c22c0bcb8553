package io.tidemark.live;

import io.tidemark.lake.Lake;
import io.tidemark.model.Dataset;
import io.tidemark.model.Graph;
import io.tidemark.model.JobSpec;
import io.tidemark.model.LiveSpec;
import java.time.Duration;
import java.time.Instant;

/**
 * Keeps the references of live jobs at their pins: a job reads them again after every failure, for
 * as long as it runs. Its sources are not kept so, since their history is read once, and they would
 * never expire.
 */
final class ReferenceLeases {
  /** Longer than a start is let run; a job that nobody ends leaves its leases behind. */
  private static final Duration LONGEST = Duration.ofDays(366);

  private final Lake lake;

  ReferenceLeases(Lake lake) {
    this.lake = lake;
  }

  /** Before a start; those of the start before stay until {@link #only}. */
  void take(LiveSpec order, Instant now) {
    for (JobSpec.Input reference : order.references()) {
      lake.lease(reference.table(), reference.snapshot(), holder(order), now.plus(LONGEST));
    }
  }

  /** Gives up what other starts of the same name hold. */
  void only(Graph graph, LiveSpec order) {
    release(graph, order.name(), holder(order));
  }

  /** Gives up what all starts of this name hold. */
  void none(Graph graph, String name) {
    release(graph, name, "");
  }

  private void release(Graph graph, String name, String but) {
    for (Dataset dataset : graph.datasets()) {
      if (dataset.kind() == Dataset.Kind.REFERENCE) {
        lake.holders(dataset.table()).stream()
            .filter(holder -> holder.startsWith(prefix(name)) && !holder.equals(but))
            .forEach(holder -> lake.release(dataset.table(), holder));
      }
    }
  }

  private static String prefix(String name) {
    return LiveSpec.key(name) + "/";
  }

  private static String holder(LiveSpec order) {
    return prefix(order.name()) + order.job();
  }
}
