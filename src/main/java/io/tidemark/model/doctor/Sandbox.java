package io.tidemark.model.doctor;

import io.tidemark.model.TableRef;

/** A table that is made to try things on it, and thrown away afterwards with all its files. */
public interface Sandbox {
  TableRef table();

  /** A location below the table's, where anything may be written. */
  String folder();

  /**
   * The text of a file, read by this process.
   *
   * @throws RuntimeException if it is not there or cannot be read
   */
  String read(String path);
}
