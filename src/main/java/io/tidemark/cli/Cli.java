package io.tidemark.cli;

import io.tidemark.model.NearestName;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine;

/** The command line. */
public final class Cli {
  private static final int BUG = 70;

  private Cli() {}

  /**
   * Parses and carries out one command.
   *
   * @return the exit code: 0 done, 1 the user's mistake, 2 usage, 3 something outside failed, 4 a
   *     gate refused, 70 a bug
   */
  public static int run(Place.Opener opener, Streams streams, String... arguments) {
    return commandLine(opener, streams).execute(arguments);
  }

  /** The whole command line, ready to execute. */
  public static CommandLine commandLine(Place.Opener opener, Streams streams) {
    Root root = new Root(opener, streams);
    CommandLine line = Root.parser(root);
    line.setOut(new PrintWriter(streams.out(), true, StandardCharsets.UTF_8));
    line.setErr(new PrintWriter(streams.err(), true, StandardCharsets.UTF_8));
    line.setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
    line.setExecutionExceptionHandler((e, command, result) -> failed(e, root));
    line.setParameterExceptionHandler((e, arguments) -> misused(e, arguments, root));
    return line;
  }

  private static int misused(CommandLine.ParameterException error, String[] arguments, Root root) {
    Streams streams = root.streams();
    PrintWriter err = error.getCommandLine().getErr();
    if (arguments.length == 0) {
      error.getCommandLine().usage(err);
      streams.err().flush();
      return TidemarkException.Category.USAGE.exitCode();
    }
    String name = error.getCommandLine().getCommandSpec().qualifiedName();
    String help = "see " + name + " --help";
    TidemarkException usage =
        TidemarkException.usage(
            Problem.of(
                "TM-CLI-000",
                what(error),
                "",
                near(error).map(hint -> hint + "\n" + help).orElse(help)));
    return told(usage, root, root.isJson() || asksForJson(arguments));
  }

  /** What could not be parsed to its end was not taken in either. */
  private static boolean asksForJson(String... arguments) {
    for (int i = 0; i < arguments.length; i++) {
      String next = i + 1 < arguments.length ? arguments[i + 1] : "";
      if (arguments[i].equalsIgnoreCase("--format=json")
          || (arguments[i].equals("--format") && next.equalsIgnoreCase("json"))) {
        return true;
      }
    }
    return false;
  }

  private static int told(TidemarkException error, Root root, boolean json) {
    Streams streams = root.streams();
    streams
        .err()
        .print(json ? JsonText.error(error) + "\n" : ErrorText.text(error, root.errorPaint()));
    streams.err().flush();
    return error.category().exitCode();
  }

  private static String what(CommandLine.ParameterException error) {
    if (error instanceof CommandLine.UnmatchedArgumentException unmatched) {
      String word = unmatched.getUnmatched().get(0);
      if (unmatched.isUnknownOption()) {
        return "unknown option '" + word + "'";
      }
      return isRoot(error)
          ? "unknown command '" + word + "'"
          : "there is no place for '" + word + "'";
    }
    return error.getMessage();
  }

  private static Optional<String> near(CommandLine.ParameterException error) {
    if (!(error instanceof CommandLine.UnmatchedArgumentException unmatched)) {
      return Optional.empty();
    }
    CommandLine.Model.CommandSpec spec = error.getCommandLine().getCommandSpec();
    Set<String> known = unmatched.isUnknownOption() ? spec.optionsMap().keySet() : Set.of();
    if (!unmatched.isUnknownOption() && isRoot(error)) {
      known = spec.subcommands().keySet();
    }
    return NearestName.of(unmatched.getUnmatched().get(0), known)
        .map(name -> "did you mean '" + name + "'?");
  }

  private static boolean isRoot(CommandLine.ParameterException error) {
    return error.getCommandLine().getParent() == null;
  }

  private static int failed(Exception error, Root root) {
    Streams streams = root.streams();
    if (error instanceof TidemarkException known) {
      return told(known, root, root.isJson());
    }
    streams.err().print(ErrorText.bug(error, log(error), root.errorPaint()));
    streams.err().flush();
    return BUG;
  }

  /** A file of its own, since the project's folder may be what cannot be written. */
  private static Path log(Exception error) {
    StringWriter trace = new StringWriter();
    error.printStackTrace(new PrintWriter(trace));
    try {
      Path file = Files.createTempFile("tidemark-bug-", ".log");
      Files.writeString(file, trace.toString());
      return file;
    } catch (IOException e) {
      return Path.of("(none: no temporary file could be written)");
    }
  }
}
