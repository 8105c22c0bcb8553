package io.tidemark.model;

import java.util.List;

/**
 * What tables hold that another version of this program wrote, and this one cannot read. To pass
 * over it would be to go on from an older state than the table's.
 */
final class OtherVersion {
  private OtherVersion() {}

  /**
   * For people.
   *
   * @param what cannot be read, with the dataset
   */
  static TidemarkException of(String what, IllegalArgumentException why) {
    return new TidemarkException(
        TidemarkException.Category.REFUSED,
        List.of(
            Problem.of(
                "TM-LAKE-026",
                what + " cannot be read",
                "another version of Tidemark wrote it, or it is damaged: " + why.getMessage(),
                "use the version that the table was written with last; nothing was changed")),
        why);
  }
}
