package io.tidemark.cli;

import io.tidemark.cli.text.Paint;
import io.tidemark.control.Control;
import io.tidemark.control.Operation;
import io.tidemark.control.Report;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The options that every command takes, and how every command talks to control. */
@Command(
    name = "tidemark",
    description = "Recompute lake tables on a branch, see what changes, publish, revert.",
    synopsisSubcommandLabel = "COMMAND",
    versionProvider = Root.Version.class,
    subcommands = {
      DemoCommand.class,
      ProjectCommands.Init.class,
      ProjectCommands.Validate.class,
      ProjectCommands.ShowGraph.class,
      DataCommands.Load.class,
      DataCommands.Status.class,
      RunCommands.MakePlan.class,
      RunCommands.Run.class,
      RunCommands.Adopt.class,
      RunCommands.Runs.class,
      RunCommands.Diff.class,
      LiveCommands.class,
      GenerateCommand.class,
      ReleaseCommands.Publish.class,
      ReleaseCommands.Revert.class,
      ReleaseCommands.Rollback.class,
      MaintainCommand.class,
      ServeCommand.class,
      DoctorCommand.class,
      ProofCommands.Verify.class,
      ProofCommands.Correct.class,
      DataCommands.History.class,
      DataCommands.Lineage.class,
      DataCommands.Query.class,
    })
final class Root {
  static final int REFUSED = TidemarkException.Category.REFUSED.exitCode();

  private static final String HERE = ".";

  private final Place.Opener opener;
  private final Streams streams;

  @Option(
      names = {"-C", "--project"},
      paramLabel = "DIR",
      defaultValue = HERE,
      scope = ScopeType.INHERIT,
      description = "The project's folder; the current one, or that around it, by default.")
  private Path project;

  @Option(
      names = "--env",
      paramLabel = "NAME",
      defaultValue = "${env:TIDEMARK_ENV:-local}",
      scope = ScopeType.INHERIT,
      description = "Use config/NAME.yaml; TIDEMARK_ENV, else local, by default.")
  private String environment;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      defaultValue = "text",
      scope = ScopeType.INHERIT,
      description = "text or json.")
  private Format format;

  @Option(
      names = {"-y", "--yes"},
      scope = ScopeType.INHERIT,
      description = "Do not ask.")
  private boolean yes;

  @Option(
      names = "--color",
      paramLabel = "WHEN",
      defaultValue = "auto",
      scope = ScopeType.INHERIT,
      description = "auto, always or never.")
  private Colour colour;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "Show this help.")
  @SuppressWarnings("UnusedVariable") // Read by picocli alone.
  private boolean help;

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Show which version this is.")
  @SuppressWarnings("UnusedVariable") // Read by picocli alone.
  private boolean version;

  /** What a bug report should name; the jar knows its version, loose classes do not. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Root.class.getPackage().getImplementationVersion();
      return new String[] {
        "tidemark %s, Java %s, %s %s"
            .formatted(
                version == null ? "(not packaged)" : version,
                System.getProperty("java.version"),
                System.getProperty("os.name"),
                System.getProperty("os.arch"))
      };
    }
  }

  /** How reports are printed. */
  enum Format {
    TEXT,
    JSON
  }

  /** When text is coloured. */
  enum Colour {
    AUTO,
    ALWAYS,
    NEVER
  }

  Root(Place.Opener opener, Streams streams) {
    this.opener = opener;
    this.streams = streams;
  }

  Streams streams() {
    return streams;
  }

  boolean isJson() {
    return format == Format.JSON;
  }

  /** For data; what is written to a pipe is never coloured unless asked for. */
  Paint paint() {
    return paint(streams.outIs());
  }

  Paint errorPaint() {
    return paint(streams.errIs());
  }

  private Paint paint(Streams.Device device) {
    boolean terminal = device == Streams.Device.TERMINAL && System.getenv("NO_COLOR") == null;
    boolean coloured = colour == Colour.ALWAYS || (colour != Colour.NEVER && terminal);
    return coloured ? Paint.COLOURED : Paint.PLAIN;
  }

  Control open(Path folder) {
    return opener.open(new Place(folder, environment));
  }

  /** Carries an operation out with progress on stderr. */
  <R extends Report> R execute(Operation<R> operation) {
    Progress progress =
        operation instanceof Operation.StartLive
                || operation instanceof Operation.Generate
                || operation instanceof Operation.Serve
            ? new Progress(streams, errorPaint(), Interrupts.listen()::wanted)
            : new Progress(streams, errorPaint());
    Path home = project.equals(Path.of(HERE)) ? Place.around(project) : project;
    try (Control control = open(home)) {
      return control.execute(operation, progress);
    } finally {
      progress.clear();
    }
  }

  /** Carries an operation out and prints what it answers. */
  <R extends Report> int answer(Operation<R> operation) {
    return answer(operation, TextRenderer::text);
  }

  /** The same with an own renderer for people. */
  <R extends Report> int answer(Operation<R> operation, BiFunction<R, Paint, String> renderer) {
    R report = execute(operation);
    print(report, renderer);
    return 0;
  }

  <R extends Report> void print(R report, BiFunction<R, Paint, String> renderer) {
    streams.out().print(isJson() ? JsonText.text(report) + "\n" : renderer.apply(report, paint()));
    streams.out().flush();
  }

  /**
   * Asks before something that takes effect on main, unless {@code --yes} is given.
   *
   * @param look finds out first whether there is anything to ask about, so that what is wrong with
   *     arguments is said before anybody is asked
   * @throws TidemarkException USAGE if the answer is no, or nobody is there to ask
   */
  void confirm(Operation<?> look, String question) {
    confirm(() -> execute(look), question);
  }

  void confirm(Runnable look, String question) {
    if (yes) {
      return;
    }
    look.run();
    confirm(question);
  }

  private void confirm(String question) {
    if (!asks()) {
      return;
    }
    streams.err().print(question + " [y/N] ");
    streams.err().flush();
    try {
      String answer = streams.reader().readLine();
      if (answer == null || !answer.strip().toLowerCase(Locale.ROOT).matches("y|yes")) {
        throw usage("not confirmed, so nothing was changed", "answer y, or add --yes");
      }
    } catch (IOException e) {
      throw usage("cannot read an answer", "add --yes");
    }
  }

  /**
   * Whether {@link #confirm} asks somebody.
   *
   * @throws TidemarkException USAGE if it would have to, and nobody is there
   */
  boolean asks() {
    if (!yes && streams.errIs() != Streams.Device.TERMINAL) {
      throw usage("this needs a yes, and there is no terminal to ask on", "add --yes");
    }
    return !yes;
  }

  private static TidemarkException usage(String what, String fix) {
    return TidemarkException.usage(Problem.of("TM-CLI-001", what, "", fix));
  }

  /** A root command as picocli parses it, without its handlers. */
  static CommandLine parser(Root root) {
    CommandLine line = new CommandLine(root, new Commands(root));
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.registerConverter(Format.class, word -> oneOf(Format.values(), word));
    line.registerConverter(Colour.class, word -> oneOf(Colour.values(), word));
    line.setAbbreviatedOptionsAllowed(false);
    line.setUsageHelpAutoWidth(false);
    return line;
  }

  private static <E extends Enum<E>> E oneOf(E[] values, String word) {
    for (E value : values) {
      if (value.name().equalsIgnoreCase(word)) {
        return value;
      }
    }
    String known =
        Stream.of(values)
            .map(v -> v.name().toLowerCase(Locale.ROOT))
            .collect(Collectors.joining(", "));
    throw new CommandLine.TypeConversionException("'" + word + "' is none of " + known);
  }
}
