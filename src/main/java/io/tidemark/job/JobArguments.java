package io.tidemark.job;

import io.tidemark.model.DatasetId;
import io.tidemark.model.Graph;
import io.tidemark.model.JobSpec;
import io.tidemark.model.JobSpec.CatalogSpec;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.RecordJson;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.json.Json;
import io.tidemark.model.version.OrderVersion;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The job jar's command line: {@code spec} or {@code live} with a whole order, as control sends it,
 * or {@code backfill} with options, as people write it.
 */
final class JobArguments {
  static final String USAGE =
      "flink run tidemark-job.jar --help says what it takes; the same with 'backfill --help'";

  static final String HELP =
      """
      Runs one Tidemark job on the Flink cluster that 'flink run' speaks to.

      flink run tidemark-job.jar backfill --jobs GRAPH --catalog FILE --transform NAME
                [--from TIME --to TIME] --branch BRANCH [--classes PATH,...]

        Recomputes slices of one dataset from its inputs as main holds them now, and commits them
        to a branch of its table: readers of main see nothing of it. The same order twice is done
        once. Checks that are made while rows are written are in the result document, and
        'tidemark adopt BRANCH' makes the branch the candidate of a run: verified, then published.

        --jobs GRAPH      what 'tidemark graph --format json' prints, in a file
        --catalog FILE    the Iceberg catalog: name and properties, as name=value lines or JSON
        --transform NAME  the dataset to recompute
        --from, --to      the event time of its slices: a date, or an instant in UTC; --to is
                          exclusive; left out where the dataset has no event time
        --branch BRANCH   of the output table; made if it is not there; not main
        --classes PATHS   jars or folders with the classes of a Java transform, as seen from here;
                          left out, the classpath that the graph names. They are sent to the
                          cluster with the job; 'flink run -C URL' is not needed, but works

      flink run tidemark-job.jar spec JOB [VERSION]

        Runs an order as control writes it: JSON in base64, or in a file. An order of another
        version than the jar is refused.

      flink run -d tidemark-job.jar live ORDER [VERSION]

        The same for a live job, which runs until it is stopped: 'tidemark live order --to ORDER'
        writes the order. It says where topics and tables stood then, and is good for one start
        and for restarts from this job's own checkpoints; commits of an order that is out of date
        are refused, and the job ends.

      flink run -d tidemark-job.jar ingest ORDER [VERSION]

        The same for an order that takes topics into their tables and makes nothing of them:
        'tidemark live order SOURCE --to ORDER'.

      The cluster needs iceberg-flink-runtime, Hadoop's client jars and the catalog's JDBC driver
      in its lib folder.
      """;

  private static final Set<String> OPTIONS =
      Set.of("--jobs", "--catalog", "--transform", "--from", "--to", "--branch", "--classes");

  private static final String INGEST = "ingest";

  private JobArguments() {}

  /** Whether these ask what there is to ask for. */
  static boolean areForHelp(String[] args) {
    return args.length == 0 || Stream.of(args).anyMatch(a -> a.equals("--help") || a.equals("-h"));
  }

  /** Whether a person wrote them. */
  static boolean areByHand(String[] args) {
    return args.length > 0 && args[0].equals("backfill");
  }

  /** Whether they order a live job. */
  static boolean areLive(String[] args) {
    return args.length > 0 && (args[0].equals("live") || args[0].equals(INGEST));
  }

  /**
   * @throws TidemarkException USAGE if the arguments cannot be read
   */
  static LiveSpec readLive(String[] args) {
    if (args.length != 2 && args.length != 3) {
      throw usage("expected '" + args[0] + "' and an order");
    }
    requireVersion(args);
    LiveSpec order = parse("the order", LiveSpec.class, orderText(args[1]));
    if (args[0].equals(INGEST) && !order.tasks().isEmpty()) {
      throw usage(
          "'ingest' makes nothing, and the order makes "
              + order.tasks().stream().map(t -> t.transform().output()).toList()
              + ": run it with 'live'");
    }
    return order;
  }

  /**
   * @throws TidemarkException USAGE if the arguments cannot be read
   */
  static JobSpec read(String[] args) {
    if ((args.length == 2 || args.length == 3) && args[0].equals("spec")) {
      requireVersion(args);
      return parse(args[1], JobSpec.class, orderText(args[1]));
    } else if (areByHand(args)) {
      return backfill(Arrays.asList(args).subList(1, args.length)).toSpec();
    }
    throw usage("expected 'spec', 'live', 'ingest' or 'backfill'");
  }

  /** Before an order is read, which another version would take for something else. */
  private static void requireVersion(String[] args) {
    if (args.length < 3) {
      return;
    }
    OrderVersion own = OrderVersion.own();
    if (!OrderVersion.parse(args[2]).matches(own)) {
      throw TidemarkException.refused(
          Problem.of(
              "TM-JOB-003",
              "this job jar does not match the Tidemark that sent the order",
              "the order is of version " + args[2] + ", and the jar reads " + own,
              "name the tidemark-job.jar that was built with it as the job jar"));
    }
  }

  private static Backfill backfill(List<String> args) {
    Map<String, String> options = new TreeMap<>();
    for (int i = 0; i < args.size(); i += 2) {
      if (!OPTIONS.contains(args.get(i))) {
        throw usage("unknown option '" + args.get(i) + "'");
      } else if (i + 1 == args.size()) {
        throw usage(args.get(i) + " has no value");
      } else if (options.put(args.get(i), args.get(i + 1)) != null) {
        throw usage(args.get(i) + " is there twice");
      }
    }
    return new Backfill(
        graph(required(options, "--jobs")),
        catalog(required(options, "--catalog")),
        dataset(required(options, "--transform")),
        time(options, "--from"),
        time(options, "--to"),
        required(options, "--branch"),
        classes(options));
  }

  private static List<String> classes(Map<String, String> options) {
    List<String> paths = new ArrayList<>();
    for (String path : options.getOrDefault("--classes", "").split(",")) {
      if (!path.isBlank()) {
        if (!Files.exists(Path.of(path.strip()))) {
          throw usage("--classes: there is no " + path.strip());
        }
        paths.add(Path.of(path.strip()).toAbsolutePath().toString());
      }
    }
    return paths;
  }

  private static String required(Map<String, String> options, String name) {
    return Optional.ofNullable(options.get(name)).orElseThrow(() -> usage(name + " is missing"));
  }

  private static DatasetId dataset(String name) {
    try {
      return DatasetId.of(name);
    } catch (IllegalArgumentException e) {
      throw usage("--transform: " + e.getMessage());
    }
  }

  private static Optional<Instant> time(Map<String, String> options, String name) {
    String text = options.get(name);
    if (text == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          text.indexOf('T') < 0
              ? LocalDate.parse(text).atStartOfDay().toInstant(ZoneOffset.UTC)
              : Instant.parse(text));
    } catch (DateTimeException e) {
      throw usage(name + " is no date and no instant: '" + text + "'");
    }
  }

  /** The graph alone, or inside the report that the command line prints. */
  private static Graph graph(String path) {
    String json = fileText("--jobs", path);
    try {
      if (Json.parse(json) instanceof Map<?, ?> report && report.get("graph") != null) {
        return parse(path, Graph.class, Json.write(report.get("graph")));
      }
    } catch (IllegalArgumentException e) {
      throw usage(path + " is no JSON: " + e.getMessage());
    }
    return parse(path, Graph.class, json);
  }

  private static CatalogSpec catalog(String path) {
    String text = fileText("--catalog", path);
    if (text.stripLeading().startsWith("{")) {
      return parse(path, CatalogSpec.class, text);
    }
    Properties properties = new Properties();
    try {
      properties.load(new StringReader(text));
    } catch (IOException | IllegalArgumentException e) {
      throw usage(path + " is no properties file");
    }
    TreeMap<String, String> map = new TreeMap<>();
    properties.stringPropertyNames().forEach(n -> map.put(n, properties.getProperty(n)));
    String name = map.remove("name");
    if (name == null) {
      throw usage(path + " has no 'name': it keys the rows of a JDBC catalog");
    }
    return new CatalogSpec(name, map);
  }

  private static <T> T parse(String what, Class<T> type, String json) {
    try {
      return RecordJson.read(json, type);
    } catch (IllegalArgumentException e) {
      String shown = what.length() > 80 ? what.substring(0, 80) + "..." : what;
      throw usage(shown + " cannot be read: " + e.getMessage());
    }
  }

  private static String fileText(String option, String path) {
    try {
      return Files.readString(Path.of(path));
    } catch (IOException | InvalidPathException e) {
      throw usage(option + ": cannot read file " + path);
    }
  }

  private static String orderText(String argument) {
    try {
      Path path = Path.of(argument);
      if (Files.isRegularFile(path)) {
        return Files.readString(path);
      }
    } catch (InvalidPathException | IOException e) {
      // Base64 of any length need not be a path.
    }
    try {
      return new String(Base64.getDecoder().decode(argument), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw usage("the job order is neither a file nor base64");
    }
  }

  private static TidemarkException usage(String what) {
    return TidemarkException.usage(Problem.of("TM-JOB-002", what, "", USAGE));
  }
}
