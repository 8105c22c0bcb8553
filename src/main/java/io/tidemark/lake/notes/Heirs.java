package io.tidemark.lake.notes;

import io.tidemark.model.SliceSet;
import java.util.List;
import java.util.Objects;

/**
 * Which files hold the rows of a publish after compactions, so that it can be reverted when the
 * history between has expired.
 *
 * @param publish its snapshot
 * @param upTo main's snapshot until which this was followed
 * @param slices those whose files are not the publish's own any more
 * @param files that hold its rows in these slices
 * @param mixed slices in which rows of the publish share files with others
 */
public record Heirs(long publish, long upTo, SliceSet slices, List<Held> files, SliceSet mixed) {

  /**
   * @param slices that the file's rows lie in
   */
  public record Held(String path, SliceSet slices) {}

  public Heirs {
    Objects.requireNonNull(slices, "slices");
    files = List.copyOf(files);
    Objects.requireNonNull(mixed, "mixed");
  }
}
