package io.tidemark.lake.refs;

import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;

/**
 * The operations of one table, kept from one look at it to the next: they ask the catalog each time
 * where its metadata is, and read the file again only if it is another one. Iceberg's are for one
 * thread; who finds another at work is told so and does not wait, since that one may wait for a
 * catalog that does not answer.
 */
final class Kept {
  private final TableOperations operations;
  private final Supplier<TableOperations> anew;
  private final ReentrantLock lock = new ReentrantLock();

  /**
   * @param anew other operations of the same table, with nothing kept
   */
  Kept(TableOperations operations, Supplier<TableOperations> anew) {
    this.operations = operations;
    this.anew = anew;
  }

  /** The table as the catalog has it now; empty if another thread is at work. */
  Optional<TableMetadata> refresh() {
    return with(TableOperations::refresh);
  }

  /**
   * @return empty, with nothing done, if another thread is at work
   */
  <T> Optional<T> with(Function<TableOperations, T> action) {
    if (lock.isHeldByCurrentThread() || !lock.tryLock()) {
      return Optional.empty();
    }
    try {
      return Optional.of(action.apply(operations));
    } finally {
      lock.unlock();
    }
  }

  /** For what does not depend on the state that they are in. */
  TableOperations operations() {
    return operations;
  }

  TableOperations anew() {
    return anew.get();
  }
}
