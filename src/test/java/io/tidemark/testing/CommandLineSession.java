package io.tidemark.testing;

import io.tidemark.cli.Cli;
import io.tidemark.cli.Place;
import io.tidemark.cli.Streams;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A user at a project: runs commands as the process would and keeps what they print. */
public final class CommandLineSession {
  private final Place.Opener opener;
  private final Path project;

  public CommandLineSession(Place.Opener opener, Path project) {
    this.opener = opener;
    this.project = project;
  }

  /** What a command left behind. */
  public record Result(int exitCode, String out, String err) {}

  /** Runs one command in the project. */
  public Result run(String... arguments) {
    List<String> all = new ArrayList<>(List.of("-C", project.toString()));
    all.addAll(List.of(arguments));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Streams streams =
        new Streams(
            new ByteArrayInputStream(new byte[0]),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            Streams.Device.OTHER,
            Streams.Device.OTHER);
    int code = Cli.run(opener, streams, all.toArray(String[]::new));
    return new Result(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }
}
