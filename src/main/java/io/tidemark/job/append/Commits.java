package io.tidemark.job.append;

import io.tidemark.job.append.LiveReport.Written;
import io.tidemark.job.slice.Outage;
import io.tidemark.model.ClockBehind;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.RecordJson;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.log.LogLine;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Commits what all subtasks report, checkpoint by checkpoint, once it is known that a checkpoint is
 * complete.
 *
 * <p>While the catalog or the brokers are away nothing fails: reports wait in Flink's state and are
 * tried again with the next checkpoint. Not thread-safe, but for the gauges.
 */
final class Commits implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Commits.class);

  private final LiveSpec spec;
  private final LiveTables tables;
  private final TopicIds topics;

  /** The checkpoint that this attempt goes on from; 0 for none. */
  private final long restored;

  private final List<LiveReport> current = new ArrayList<>();
  private final ArrayDeque<Pending> pending = new ArrayDeque<>();
  private CommitState state;
  private List<Written> held;
  private boolean admitted;

  private volatile int pendingCheckpoints;
  private volatile long waitingSince;
  private volatile long lastCommit;
  private volatile boolean clockBehind;

  private Commits(
      LiveSpec spec, TopicIds topics, long restored, CommitState state, List<Written> held) {
    this.spec = spec;
    this.tables = new LiveTables(spec.catalog());
    this.topics = topics;
    this.restored = restored;
    this.state = state;
    this.held = held;
  }

  /**
   * What a checkpoint keeps.
   *
   * @param state one document
   * @param held files that wait for the end of the history
   * @param pending by checkpoint, what is not committed
   */
  record Stored(List<byte[]> state, List<byte[]> held, List<byte[]> pending) {}

  /** Of a start. */
  static Commits started(LiveSpec spec, TopicIds topics) {
    return new Commits(spec, topics, 0, CommitState.first(spec), List.of());
  }

  /** Of an attempt that goes on from a checkpoint. */
  static Commits restored(LiveSpec spec, TopicIds topics, long checkpoint, Stored stored) {
    CommitState state =
        RecordJson.read(new String(stored.state.get(0), StandardCharsets.UTF_8), CommitState.class);
    List<Written> held = stored.held.stream().map(r -> (Written) LiveReport.decode(r)).toList();
    Commits commits = new Commits(spec, topics, checkpoint, state, held);
    stored.pending.forEach(p -> commits.pending.add(Pending.decode(p)));
    return commits;
  }

  /**
   * Commits what was complete when the attempt before ended, though nobody came to commit it.
   *
   * @throws TidemarkException REFUSED or USER if the job may not go on
   */
  void open() {
    settle(restored);
  }

  void add(LiveReport report) {
    current.add(report);
  }

  /** What was reported since the last call belongs to this checkpoint. */
  Stored snapshot(long checkpoint) {
    pending.add(new Pending(checkpoint, current));
    current.clear();
    pendingCheckpoints = pending.size();
    return new Stored(
        List.of(RecordJson.write(state, CommitState.class).getBytes(StandardCharsets.UTF_8)),
        held.stream().map(LiveReport::toBytes).toList(),
        pending.stream().map(Pending::toBytes).toList());
  }

  /**
   * Commits a complete checkpoint and those before it.
   *
   * @return how many of them wait
   * @throws TidemarkException REFUSED or USER if the job may not go on
   */
  long complete(long checkpoint) {
    settle(checkpoint);
    return pending.stream().filter(p -> p.checkpoint() <= checkpoint).count();
  }

  private void settle(long upTo) {
    try {
      admit();
      if (!pending.isEmpty() && pending.peek().checkpoint() <= upTo) {
        spec.sources().forEach(this::requireSameTopic);
      }
      while (!pending.isEmpty() && pending.peek().checkpoint() <= upTo) {
        Settlement.Done done = new Settlement(spec, tables, state, held, pending.peek()).run();
        state = done.state();
        held = done.held();
        pending.remove();
        lastCommit = System.currentTimeMillis();
      }
      waitingSince = 0;
      clockBehind = false;
    } catch (TidemarkException e) {
      if (e.category() != TidemarkException.Category.EXTERNAL) {
        throw e;
      }
      await(e);
    } catch (RuntimeException e) {
      if (!Outage.isOne(e)) {
        throw e;
      }
      await(e);
    } finally {
      pendingCheckpoints = pending.size();
    }
  }

  /**
   * Asked after all that is to be committed was read, so it was read from the topic of the start.
   */
  private void requireSameTopic(LiveSpec.Source source) {
    if (source.topicId().isEmpty()) {
      return;
    }
    String known = source.topicId().get();
    Optional<String> now = topics.idOf(source);
    if (now.isPresent() && !now.get().equals(known)) {
      throw TidemarkException.refused(
          Problem.of(
              "TM-LIVE-038",
              "the topic of " + source.dataset().id() + " was made anew while the job ran",
              "the job reads the one that Kafka calls "
                  + known
                  + ", and the name now stands for "
                  + now.get()
                  + "; offsets of one mean nothing in the other, so nothing that was read since the"
                  + " last commit is in the tables",
              "give the source a new table and topic, so that offsets say which record is which;"
                  + " what the old topic held beyond the last commit is gone with it"));
    }
  }

  private void await(RuntimeException e) {
    if (waitingSince == 0) {
      waitingSince = System.currentTimeMillis();
    }
    clockBehind = ClockBehind.isCauseOf(e);
    LOG.warn(
        LogLine.of("commits-wait")
            .with("job", spec.job())
            .with("checkpoints", pending.size())
            .because(e)
            .toString());
  }

  /**
   * Once per attempt, before anything is committed: a job that was put back to a checkpoint that
   * the tables are ahead of would take its own newer commits for its next ones.
   */
  private void admit() {
    if (admitted) {
      return;
    }
    for (LiveSpec.Source source : spec.sources()) {
      if (source.mode() == LiveSpec.Source.Mode.INGEST) {
        TableRef table = source.dataset().table();
        admit(
            new Lease(
                table,
                spec.job(),
                state.sources().get(source.dataset().id()).mark(),
                source.since()),
            "main");
      }
    }
    for (LiveSpec.Task task : spec.tasks()) {
      admit(
          new Lease(
              task.output().table(),
              spec.job(),
              state.tasks().get(task.output().name()).mark(),
              task.since()),
          task.output().branch());
    }
    admitted = true;
  }

  private void admit(Lease lease, String branch) {
    lease
        .brokenAt(restored, tables.ancestors(lease.table(), branch))
        .ifPresent(
            problem -> {
              throw TidemarkException.refused(problem);
            });
    tables.tidy(lease.table());
  }

  int pendingCheckpoints() {
    return pendingCheckpoints;
  }

  /** How often a commit was tried again since a table had moved on. */
  long conflicts() {
    return tables.conflicts();
  }

  /** Since when commits fail, in milliseconds since 1970; 0 if they do not. */
  long waitingSince() {
    return waitingSince;
  }

  /** Whether commits fail for the clock, which stands before the newest commit of a table. */
  boolean isClockBehind() {
    return clockBehind;
  }

  /** When a checkpoint was last committed, in milliseconds since 1970; 0 for never. */
  long lastCommit() {
    return lastCommit;
  }

  @Override
  public void close() {
    tables.close();
    topics.close();
  }
}
