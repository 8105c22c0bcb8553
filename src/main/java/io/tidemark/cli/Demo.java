package io.tidemark.cli;

import java.nio.file.Path;

/** The story. */
record Demo(Root root, Path directory) {
  int tell() {
    return 0;
  }
}
