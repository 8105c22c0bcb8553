package io.tidemark.job.verify;

import io.tidemark.model.DatasetDiff;
import io.tidemark.model.RecordJson;
import java.util.List;
import java.util.SortedMap;

/**
 * What one task of a verify job found, on its way to the one task that writes the document. Travels
 * as JSON text.
 */
sealed interface VerifyPart {

  /**
   * A share of the diff.
   *
   * @param sums per column of an expected total, by how much it grew, as an exact decimal; {@code
   *     NaN} if a value is not finite
   * @param duplicates keys of which the candidate has more than one row
   * @param baseDuplicates keys of which the base has more than one row
   * @param duplicateSlices where the candidate's duplicates are
   */
  record Diffed(
      DatasetDiff diff,
      SortedMap<String, String> sums,
      long duplicates,
      long baseDuplicates,
      List<Long> duplicateSlices)
      implements VerifyPart {}

  /**
   * A number that a check is decided by.
   *
   * @param source which of the numbers, as {@link VerifyChecks} names them
   * @param slice 0 where it is not about a slice
   * @param value empty for SQL's NULL
   */
  record Tallied(String source, long slice, String value) implements VerifyPart {}

  default String toText() {
    return RecordJson.write(this, VerifyPart.class);
  }

  static VerifyPart parse(String text) {
    return RecordJson.read(text, VerifyPart.class);
  }
}
