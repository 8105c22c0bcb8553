package io.tidemark.control;

/**
 * Metrics were served.
 *
 * @param url where they were
 */
public record Served(String url) implements Report {
  @Override
  public <T> T accept(Visitor<T> visitor) {
    return visitor.served(this);
  }
}
