package io.tidemark.lake.pointers;

import io.tidemark.model.TableRef;
import java.util.List;

/** Moves the metadata pointers of several tables in one transaction of the catalog's own. */
public interface PointerSwap {
  /** Of a catalog that promises one table at a time. */
  PointerSwap NONE =
      new PointerSwap() {
        @Override
        public boolean available() {
          return false;
        }

        @Override
        public boolean commit(List<Move> moves) {
          throw new IllegalStateException("[BUG] this catalog switches one table at a time");
        }
      };

  /**
   * One table's part.
   *
   * @param from the metadata file that the catalog has to name
   * @param to the one that it names afterwards
   */
  record Move(TableRef table, String from, String to) {}

  /** Whether the catalog can do it at all. */
  boolean available();

  /**
   * @return true if all pointers were moved; false if a table was elsewhere, and none was
   * @throws org.apache.iceberg.exceptions.CommitStateUnknownException if the answer was lost
   * @throws RuntimeException any other if the catalog failed before anything could land
   */
  boolean commit(List<Move> moves);
}
