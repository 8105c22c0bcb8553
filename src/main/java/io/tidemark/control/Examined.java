package io.tidemark.control;

import io.tidemark.model.doctor.Finding;
import java.util.Comparator;
import java.util.List;

/** What an examination of an environment found, part by part. */
public record Examined(String environment, List<Finding> findings) implements Report {
  public Examined {
    findings = List.copyOf(findings);
  }

  /** The worst of all; OK if there are none. */
  public Finding.Level worst() {
    return findings.stream()
        .map(Finding::level)
        .max(Comparator.naturalOrder())
        .orElse(Finding.Level.OK);
  }

  @Override
  public <T> T accept(Visitor<T> visitor) {
    return visitor.examined(this);
  }
}
