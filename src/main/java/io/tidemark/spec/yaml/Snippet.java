package io.tidemark.spec.yaml;

import io.tidemark.model.Location;

/**
 * SQL text inside a file.
 *
 * @param start the place of its first character; column 0 where only lines can be told, as in a
 *     folded or indented YAML block
 */
public record Snippet(String text, Location start) {

  /** A whole file. */
  public static Snippet file(String name, String text) {
    return new Snippet(text, new Location(name, 1, 1));
  }

  /** The place in the file of a place in the text, both from 1. */
  public Location at(int line, int column) {
    if (line < 1) {
      return start;
    }
    int inFile = start.line() + line - 1;
    if (start.column() == 0) {
      return new Location(start.file(), inFile, 0);
    }
    return new Location(start.file(), inFile, line == 1 ? start.column() + column - 1 : column);
  }
}
