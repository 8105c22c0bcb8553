package io.tidemark.spec;

import io.tidemark.model.DatasetId;
import io.tidemark.spec.yaml.Located;
import io.tidemark.spec.yaml.Problems;

/** What a dataset may be called. */
final class DatasetNames {
  private DatasetNames() {}

  /** Says among the problems why a name cannot be one. */
  static boolean isValid(Located<String> name, Problems problems) {
    try {
      DatasetId.of(name.value());
      return true;
    } catch (IllegalArgumentException e) {
      problems.add(
          name.where(),
          "TM-SPEC-010",
          "'" + name.value() + "' cannot be the name of a dataset",
          "SQL reads datasets by name",
          "use letters, digits and _ only, not starting with a digit, at most 128");
      return false;
    }
  }
}
