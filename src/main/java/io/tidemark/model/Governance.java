package io.tidemark.model;

import java.util.List;
import java.util.Objects;

/**
 * What is said about a dataset that never causes recomputation.
 *
 * @param owner may be empty
 * @param description may be empty
 */
public record Governance(
    Tier tier, String owner, String description, List<Expectation> expectations) {
  /** Order of work and strictness; earlier goes first. */
  public enum Tier {
    CRITICAL,
    STANDARD,
    PILOT
  }

  public Governance {
    Objects.requireNonNull(tier, "tier");
    Objects.requireNonNull(owner, "owner");
    Objects.requireNonNull(description, "description");
    expectations = List.copyOf(expectations);
  }
}
