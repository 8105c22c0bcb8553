package io.tidemark.model;

/**
 * A place in a file, as editors and compilers print it.
 *
 * @param file the path relative to the project where it lies inside it
 * @param line from 1; 0 when the whole file is meant
 * @param column from 1, in characters; 0 when the whole line is meant
 */
public record Location(String file, int line, int column) {
  public static Location of(String file) {
    return new Location(file, 0, 0);
  }

  @Override
  public String toString() {
    return line == 0 ? file : column == 0 ? file + ":" + line : file + ":" + line + ":" + column;
  }
}
