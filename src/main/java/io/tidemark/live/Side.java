package io.tidemark.live;

import io.tidemark.model.LiveSpec;

/** The two live jobs that a pipeline can have at once. */
public enum Side {
  /** Brings topics into their tables, and what is made from them onto main. */
  MAIN("main", "", LiveSpec.Source.Mode.INGEST),
  /** Other code on the same topics, which writes to a branch alone. */
  SHADOW("tidemark-shadow", "@shadow", LiveSpec.Source.Mode.READ);

  private final String branch;
  private final String suffix;
  private final LiveSpec.Source.Mode mode;

  Side(String branch, String suffix, LiveSpec.Source.Mode mode) {
    this.branch = branch;
    this.suffix = suffix;
    this.mode = mode;
  }

  /** The Iceberg branch that its transforms write to, the same on every table. */
  String branch() {
    return branch;
  }

  /** The name of its live job. */
  String of(String pipeline) {
    return pipeline + suffix;
  }

  LiveSpec.Source.Mode mode() {
    return mode;
  }
}
