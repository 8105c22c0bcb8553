package io.tidemark.control;

import io.tidemark.model.rollback.Setback;
import io.tidemark.model.rollback.Terms;

/**
 * What a rollback took from main, or would.
 *
 * @param act whether it was made
 */
public record RolledBack(Terms.Act act, Setback setback) implements Report {
  @Override
  public <T> T accept(Visitor<T> visitor) {
    return visitor.rolledBack(this);
  }
}
