package io.tidemark.cli;

import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * Where a command reads and writes.
 *
 * @param out for data
 * @param err for progress and errors
 * @param outIs what {@code out} is
 * @param errIs what {@code err} is
 */
public record Streams(
    InputStream in, PrintStream out, PrintStream err, Device outIs, Device errIs) {

  /** What a stream is connected to. */
  public enum Device {
    TERMINAL,
    /** A file, a pipe, a test. */
    OTHER
  }

  /**
   * The process's own, in UTF-8. The launcher knows what they are connected to and says so in
   * {@code tidemark.stdout} and {@code tidemark.stderr}; the JVM can only tell of both together.
   */
  public static Streams ofProcess() {
    return new Streams(
        System.in,
        new PrintStream(System.out, true, StandardCharsets.UTF_8),
        new PrintStream(System.err, true, StandardCharsets.UTF_8),
        device("tidemark.stdout"),
        device("tidemark.stderr"));
  }

  private static Device device(String property) {
    String told = System.getProperty(property);
    boolean terminal = told == null ? System.console() != null : told.equals("terminal");
    return terminal ? Device.TERMINAL : Device.OTHER;
  }

  BufferedReader reader() {
    return new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
  }
}
