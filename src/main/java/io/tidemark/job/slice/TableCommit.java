package io.tidemark.job.slice;

import io.tidemark.model.ClockBehind;
import io.tidemark.model.Problem;
import io.tidemark.model.StampSummary;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.log.LogLine;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.StreamSupport;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotAncestryValidator;
import org.apache.iceberg.SnapshotChanges;
import org.apache.iceberg.SnapshotUpdate;
import org.apache.iceberg.Table;
import org.apache.iceberg.exceptions.CommitFailedException;
import org.apache.iceberg.exceptions.CommitStateUnknownException;
import org.apache.iceberg.exceptions.ValidationException;
import org.apache.iceberg.util.SnapshotUtil;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One commit to one branch that happens at most once per key. The key is looked for before, inside
 * the conditional commit, and again whenever the answer is lost; trying again after a lost answer
 * is safe because a commit that lands late fails the catalog's compare-and-set or finds the key.
 */
public final class TableCommit {
  private static final Logger LOG = LoggerFactory.getLogger(TableCommit.class);
  private static final int ATTEMPTS = 3;

  /** The code of the problem that somebody else changed what a commit is about. */
  public static final String CONFLICT = "TM-JOB-020";

  private final Table table;
  private final String branch;
  private final String key;
  private final Condition condition;
  private int validations;

  /** What must hold of the branch at the moment of the commit. */
  @FunctionalInterface
  public interface Condition {
    /**
     * What is wrong with the history that the commit would follow; empty if nothing is.
     *
     * @param ancestors the newest first
     */
    Optional<Problem> broken(Iterable<Snapshot> ancestors);
  }

  /**
   * @param key what the commit carries, and is known by
   */
  public TableCommit(Table table, String branch, String key) {
    this(table, branch, key, ancestors -> Optional.empty());
  }

  /**
   * @param key what the commit carries, and is known by
   * @param condition looked at inside each attempt
   */
  public TableCommit(Table table, String branch, String key, Condition condition) {
    this.table = table;
    this.branch = branch;
    this.key = key;
    this.condition = condition;
  }

  /** The branch's newest snapshot; main's if the branch does not exist yet: it is cut there. */
  public Optional<Snapshot> head() {
    return Optional.ofNullable(table.snapshot(branch))
        .or(() -> Optional.ofNullable(table.currentSnapshot()));
  }

  /** Reads the table anew and looks for the key in the branch's history. */
  public Optional<Snapshot> find() {
    table.refresh();
    return head()
        .flatMap(
            head ->
                StreamSupport.stream(
                        SnapshotUtil.ancestorsOf(head.snapshotId(), table::snapshot).spliterator(),
                        false)
                    .filter(s -> key.equals(s.summary().get(StampSummary.KEY)))
                    .findFirst());
  }

  /**
   * Commits unless the key is there already.
   *
   * @param change makes the change from the head it is given; may be called more than once
   * @param summary of the snapshot, with the key
   * @return the snapshot that carries the key
   * @throws TidemarkException REFUSED if the commit cannot happen, and has not; EXTERNAL if it
   *     failed or its answer is lost and cannot be found out
   */
  public Snapshot run(
      Function<Optional<Snapshot>, SnapshotUpdate<?>> change, Map<String, String> summary) {
    validations = 0;
    RuntimeException failure = null;
    Validator validation = new Validator(key, condition);
    Set<String> leftovers = new HashSet<>();
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      Optional<Snapshot> done = find();
      if (done.isPresent()) {
        return done.get();
      }
      try {
        SnapshotUpdate<?> update = change.apply(head());
        summary.forEach(update::set);
        update.toBranch(branch);
        Validator validator = new Validator(key, counted());
        validation = validator;
        update.validateWith(validator);
        // A commit whose answer was lost finds its own key when Iceberg tries it again; Iceberg
        // would then delete the manifests that the table has come to consist of.
        update.deleteWith(leftovers::add);
        update.commit();
        Snapshot committed =
            find().orElseThrow(() -> new IllegalStateException("[BUG] the key was not written"));
        deleteLeftovers(committed, leftovers);
        LOG.info(committed(committed));
        return committed;
      } catch (ValidationException e) {
        Optional<Problem> broken = validation.broken;
        return find()
            .orElseThrow(() -> broken.map(TidemarkException::refused).orElseGet(() -> conflict(e)));
      } catch (CommitFailedException | CommitStateUnknownException e) {
        LOG.warn(line("commit-failed").with("key", key).because(e).toString());
        failure = e;
      } catch (TidemarkException e) {
        throw e;
      } catch (RuntimeException e) {
        // Whatever a catalog throws, the commit may have landed.
        return find().orElseThrow(() -> failed(e));
      }
    }
    RuntimeException last = failure;
    return find().orElseThrow(() -> failed(last));
  }

  /** Every attempt validates once, those that Iceberg makes by itself too. */
  private Condition counted() {
    return ancestors -> {
      validations++;
      return condition.broken(ancestors);
    };
  }

  /** How often the last {@link #run} was tried again because the table had moved on meanwhile. */
  public int retries() {
    return Math.max(0, validations - 1);
  }

  private LogLine line(String event) {
    return LogLine.of(event).with("table", table.name()).with("branch", branch);
  }

  private String committed(Snapshot snapshot) {
    return LogLine.committed(table.name(), branch, snapshot.snapshotId(), snapshot.summary())
        .toString();
  }

  private TidemarkException conflict(ValidationException e) {
    return new TidemarkException(
        TidemarkException.Category.REFUSED,
        java.util.List.of(
            Problem.of(
                CONFLICT,
                "somebody else changed the slices of " + table.name() + " on " + branch,
                e.getMessage(),
                "plan again")),
        e);
  }

  private TidemarkException failed(RuntimeException e) {
    if (ClockBehind.isCauseOf(e)) {
      return ClockBehind.problem(
          "TM-JOB-023", "cannot commit to " + table.name() + " on " + branch, e);
    }
    return TidemarkException.external(
        Problem.of(
            "TM-JOB-021",
            "the commit to " + table.name() + " on " + branch + " failed",
            String.valueOf(e.getMessage()),
            "run the same command again once the catalog answers"),
        e);
  }

  /** Deletes metadata files of failed attempts, but for those that the commit uses. */
  private void deleteLeftovers(Snapshot committed, Set<String> leftovers) {
    if (leftovers.isEmpty()) {
      return;
    }
    Set<String> used = new HashSet<>();
    used.add(committed.manifestListLocation());
    committed.allManifests(table.io()).forEach(m -> used.add(m.path()));
    leftovers.stream().filter(path -> !used.contains(path)).forEach(this::delete);
  }

  /** Deletes those files that a snapshot, committed with this key, did not add. Never throws. */
  public void deleteUnused(Snapshot committed, Collection<DataFile> files) {
    Set<String> used = new HashSet<>();
    SnapshotChanges.builderFor(table)
        .snapshot(committed)
        .build()
        .addedDataFiles()
        .forEach(f -> used.add(f.location()));
    files.stream().filter(f -> !used.contains(f.location())).forEach(this::delete);
  }

  /** Deletes files that certainly nothing refers to. Never throws. */
  public void deleteAll(Collection<DataFile> files) {
    files.forEach(this::delete);
  }

  private void delete(DataFile file) {
    delete(file.location());
  }

  private void delete(String path) {
    try {
      table.io().deleteFile(path);
    } catch (RuntimeException e) {
      LOG.warn(line("file-left").with("file", path).because(e).toString());
    }
  }

  /** Holds unless an ancestor carries the key, or the condition is broken. */
  private static final class Validator implements SnapshotAncestryValidator {
    private final String key;
    private final Condition condition;
    private Optional<Problem> broken = Optional.empty();

    Validator(String key, Condition condition) {
      this.key = key;
      this.condition = condition;
    }

    @Override
    public boolean validate(Iterable<Snapshot> ancestors) {
      for (Snapshot snapshot : ancestors) {
        if (key.equals(snapshot.summary().get(StampSummary.KEY))) {
          return false;
        }
      }
      broken = condition.broken(ancestors);
      return broken.isEmpty();
    }

    @Override
    public String errorMessage() {
      return broken.map(Problem::what).orElse("committed before");
    }
  }
}
