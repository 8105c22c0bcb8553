package io.tidemark.job.follow;

import io.tidemark.job.slice.Outage;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.log.LogLine;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at a table again and again, in a thread of its own: the task's is needed for checkpoints
 * while a catalog is slow. While it does not answer, nothing closes and nothing fails.
 */
final class FollowReader implements SourceReader<byte[], Reached> {
  private static final Logger LOG = LoggerFactory.getLogger(FollowReader.class);

  private final TableWatch watch;
  private final ExecutorService looker =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread thread = new Thread(task, "follow");
            thread.setDaemon(true);
            return thread;
          });
  private final Executor later;
  private final CompletableFuture<Void> assigned = new CompletableFuture<>();
  private Reached reached;
  private CompletableFuture<Optional<Closed>> look;
  private String unseen = "";

  FollowReader(TableWatch watch, Duration every) {
    this.watch = watch;
    this.later = CompletableFuture.delayedExecutor(every.toMillis(), TimeUnit.MILLISECONDS, looker);
  }

  @Override
  public void start() {
    // It waits for the table.
  }

  @Override
  public void addSplits(List<Reached> splits) {
    reached = splits.get(0);
    look(looker);
    assigned.complete(null);
  }

  private void look(Executor when) {
    Reached from = reached;
    look = CompletableFuture.supplyAsync(() -> watch.look(from.snapshot(), from.next()), when);
  }

  @Override
  public InputStatus pollNext(ReaderOutput<byte[]> output) throws Exception {
    if (look == null || !look.isDone()) {
      return InputStatus.NOTHING_AVAILABLE;
    }
    answer()
        .ifPresent(
            closed -> {
              output.collect(closed.toBytes());
              reached = new Reached(closed.snapshot(), closed.to());
            });
    look(later);
    return InputStatus.NOTHING_AVAILABLE;
  }

  private Optional<Closed> answer() throws SuppressRestartsException {
    try {
      Optional<Closed> closed = look.join();
      unseen = "";
      return closed;
    } catch (CompletionException e) {
      if (e.getCause() instanceof TidemarkException told
          && told.category() != TidemarkException.Category.EXTERNAL) {
        throw new SuppressRestartsException(told);
      } else if (!isOutside(e.getCause())) {
        throw e;
      }
      if (!unseen.equals(e.getCause().toString())) {
        LOG.warn(
            LogLine.of("followed-table-away")
                .with("table", watch.table())
                .because(e.getCause())
                .toString());
        unseen = e.getCause().toString();
      }
      return Optional.empty();
    }
  }

  private static boolean isOutside(Throwable e) {
    return e instanceof TidemarkException
        || e instanceof IOException
        || Outage.isOne(e)
        || (e.getCause() != null && isOutside(e.getCause()));
  }

  @Override
  public List<Reached> snapshotState(long checkpoint) {
    return reached == null ? List.of() : List.of(reached);
  }

  @Override
  public CompletableFuture<Void> isAvailable() {
    return look == null ? assigned : look.handle((closed, e) -> null);
  }

  @Override
  public void notifyNoMoreSplits() {
    // There is one, and it has no end.
  }

  @Override
  public void close() throws IOException {
    looker.shutdownNow();
    try {
      if (looker.awaitTermination(1, TimeUnit.MINUTES)) {
        watch.close();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
