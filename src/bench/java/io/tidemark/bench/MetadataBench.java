package io.tidemark.bench;

import java.nio.file.Path;

final class MetadataBench {
  MetadataBench(Path p) {}

  void run(Report r) {}
}
