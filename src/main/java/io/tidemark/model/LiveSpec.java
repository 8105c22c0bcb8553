package io.tidemark.model;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A fully resolved order for one streaming job: topics into their source tables, and through the
 * transforms into theirs. The job plans nothing; where it starts is written here, and each of its
 * first commits happens only if the tables are still where the order found them.
 *
 * <p>Every start is a start from tables: sources go on at the offsets of their newest mark, and
 * transforms are given the history that their open slices are made from. Flink's own state carries
 * a job over failures inside one start, never from one start to the next.
 *
 * @param name of the live job
 * @param job unique per start
 * @param epoch one more than the highest of the tables' newest marks
 * @param catalog holds all tables
 * @param streaming how the job runs
 * @param sources what the transforms need, also through others: topics, and tables to be followed
 * @param references what the transforms look up, at a pin
 * @param tasks in topological order
 */
public record LiveSpec(
    String name,
    String job,
    long epoch,
    JobSpec.CatalogSpec catalog,
    Streaming streaming,
    List<Source> sources,
    List<JobSpec.Input> references,
    List<Task> tasks) {
  /**
   * The Flink accumulator in which a job counts checkpoints that are complete and in no table yet;
   * a gauge of this name while it runs.
   */
  public static final String PENDING_CHECKPOINTS = "tidemark.pending_checkpoints";

  /**
   * How live jobs of an environment run.
   *
   * @param kafka properties of Kafka clients, {@code bootstrap.servers} among them; may hold
   *     secrets, so never log them
   * @param checkpointEvery from one checkpoint, and so commit, to the next
   * @param checkpoints where Flink keeps them, as a URI
   */
  public record Streaming(
      SortedMap<String, String> kafka, Duration checkpointEvery, String checkpoints) {
    public Streaming {
      kafka = Collections.unmodifiableSortedMap(new TreeMap<>(kafka));
      Objects.requireNonNull(checkpointEvery, "checkpointEvery");
      Objects.requireNonNull(checkpoints, "checkpoints");
    }

    @Override
    public String toString() {
      return "Streaming[" + kafka.keySet() + ", " + checkpointEvery + ", " + checkpoints + "]";
    }
  }

  /**
   * Where rows come from: a dataset with a topic, or a table that is followed.
   *
   * @param dataset has a topic unless it is followed
   * @param mode whether this job writes the source's table
   * @param deadLetters the table for records that cannot be read
   * @param since the newest mark on main that the order was made from; empty for the first start
   * @param snapshot main's when the order was made: the history that is read; 0 for none
   * @param offsets the next offset per partition; partitions that are not named start at their
   *     beginning. Of a followed table see {@link #slices}
   * @param historyFrom event time from which rows of the table are read before those of the topic;
   *     empty if no transform needs any
   * @param topicId Kafka's own of the topic that the offsets are of; empty if it has none
   * @param partitions how many the topic has at least; no slice closes before all of them are read;
   *     0 of a followed table
   */
  public record Source(
      Dataset dataset,
      Mode mode,
      TableRef deadLetters,
      Optional<LiveMark> since,
      long snapshot,
      SortedMap<Integer, Long> offsets,
      Optional<Instant> historyFrom,
      Optional<String> topicId,
      long partitions) {
    /** The only partition of a followed table. */
    private static final int SLICES = 0;

    /** Whether a job writes the source's table. */
    public enum Mode {
      INGEST,
      /** Another job does; rows that are read are only handed on. */
      READ,
      /**
       * Another job does, and rows are read from the table once their slices have closed: see
       * {@link Source#slices}.
       */
      FOLLOW
    }

    public Source {
      Objects.requireNonNull(dataset, "dataset");
      Objects.requireNonNull(topicId, "topicId");
      offsets = Collections.unmodifiableSortedMap(new TreeMap<>(offsets));
    }

    /** A followed table as if it were a topic of one partition, with slices for records. */
    public static <T> SortedMap<Integer, T> slices(T ofOrdinals) {
      return new TreeMap<>(Map.of(SLICES, ofOrdinals));
    }

    /**
     * The ordinal of the first slice of a followed table that is still to be read; empty if all
     * are, and of what is not followed.
     */
    public Optional<Long> nextSlice() {
      return mode == Mode.FOLLOW ? Optional.ofNullable(offsets.get(SLICES)) : Optional.empty();
    }

    /** Per partition how many offsets are passed over, since they expired and that was accepted. */
    public SortedMap<Integer, Long> expired() {
      SortedMap<Integer, Long> expired = new TreeMap<>();
      since
          .map(mark -> mark.ranges().get(dataset.id()))
          .ifPresent(known -> known.partitions().forEach((p, r) -> expired.put(p, r.to())));
      expired.replaceAll((p, to) -> offsets.getOrDefault(p, to) - to);
      expired.values().removeIf(offsets -> offsets <= 0);
      return expired;
    }
  }

  /**
   * One transform of the job.
   *
   * @param transform its code; a SQL query as live jobs run it, see {@link #query}
   * @param query the SQL query with every reference joined as a lookup; empty for a Java class
   * @param output the table and the branch; its slices are not used
   * @param late the table for rows that come after their slice has closed
   * @param since the newest mark on the branch that the order was made from
   * @param snapshot the branch's when the order was made, by which others read what it holds for
   *     closed slices; 0 for none
   * @param openFrom the first slice that the job owns; empty if it owns all. Rows that the branch
   *     holds for open slices are replaced once the history has been read
   */
  public record Task(
      Transform transform,
      Optional<String> query,
      JobSpec.Output output,
      TableRef late,
      Optional<LiveMark> since,
      long snapshot,
      Optional<Long> openFrom) {
    public Task {
      Objects.requireNonNull(transform, "transform");
      Objects.requireNonNull(query, "query");
      Objects.requireNonNull(output, "output");
      Objects.requireNonNull(late, "late");
      Objects.requireNonNull(since, "since");
      Objects.requireNonNull(openFrom, "openFrom");
    }
  }

  public LiveSpec {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(job, "job");
    Objects.requireNonNull(catalog, "catalog");
    Objects.requireNonNull(streaming, "streaming");
    sources = List.copyOf(sources);
    references = List.copyOf(references);
    tasks = List.copyOf(tasks);
  }

  /** By which it is found, whatever its epoch. */
  public String key() {
    return key(name);
  }

  /** The key of a live job. */
  public static String key(String name) {
    return "live/" + name;
  }

  /**
   * Where records of a source's topic go that are no rows; not to the dead letters of its loads,
   * which tell of files and lines.
   */
  public static TableRef deadLetters(TableRef source) {
    return new TableRef(source.namespace(), source.name() + "_topic_dead_letters");
  }

  /** Where rows go that came after their slice of a derived dataset had closed. */
  public static TableRef late(TableRef output) {
    return new TableRef(output.namespace(), output.name() + "_late");
  }
}
