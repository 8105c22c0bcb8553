package io.tidemark.spec;

import io.tidemark.model.Environment;
import io.tidemark.model.Environment.FlinkEndpoint;
import io.tidemark.model.Environment.Limits;
import io.tidemark.model.Environment.StoreSpec;
import io.tidemark.model.JobSpec.CatalogSpec;
import io.tidemark.model.LiveSpec.Streaming;
import io.tidemark.model.Location;
import io.tidemark.model.NearestName;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import io.tidemark.spec.yaml.Located;
import io.tidemark.spec.yaml.Problems;
import io.tidemark.spec.yaml.Shape;
import io.tidemark.spec.yaml.YamlFile;
import io.tidemark.spec.yaml.YamlMap;
import io.tidemark.spec.yaml.YamlValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Reads {@code config/<environment>.yaml}. Values may refer to {@code ${PROJECT}} and {@code
 * ${HOME}} (the folders of the project and of its local state), {@code ${ENV:NAME}} and {@code
 * ${FILE:path}}; secrets must, outside an environment named local. Immutable and thread-safe.
 */
public final class ConfigReader {
  private static final long DEFAULT_BATCH_BYTES = 4L << 30;
  private static final long DEFAULT_MAX_SLICES = 10_000;
  private static final long MOST_DAYS = 3650;
  private static final Duration SHORTEST_KEEP = Duration.ofHours(1);
  private static final Pattern REFERENCE = Pattern.compile("\\$\\{([^}]*)\\}");
  private static final Pattern SECRET =
      Pattern.compile(
          "(?i).*(password|passwd|secret|token|credential|access[-_.]?key|private[-_.]?key).*");
  private static final Pattern SECRET_IN_URL =
      Pattern.compile("(?i).*(://[^/@\\s]*:[^/@\\s]+@|[?&;](password|sslpassword|token)=).*");

  /** As in {@code sasl.jaas.config}: a secret among other things. */
  private static final Pattern SECRET_IN_JAAS =
      Pattern.compile("(?is).*(password|secret|token)\\w*\\s*=\\s*[\"']?[^\"'\\s;].*");

  private final Function<String, Optional<String>> variables;

  /**
   * @param variables environment variables by name
   */
  public ConfigReader(Function<String, Optional<String>> variables) {
    this.variables = variables;
  }

  /**
   * Reads an environment.
   *
   * @throws TidemarkException USER with every problem of the file at once; never shows a secret
   */
  public Environment environment(Path project, String name) {
    Path root = project.toAbsolutePath().normalize();
    Problems problems = new Problems();
    if (!name.matches("[A-Za-z0-9_-]+")) {
      throw TidemarkException.user(
          Problem.of(
              "TM-CONF-001",
              "'" + name + "' cannot be the name of an environment",
              "it is the name of a file in config/",
              "use letters, digits, - and _"));
    }
    Path file = root.resolve("config").resolve(name + ".yaml");
    if (!Files.isRegularFile(file)) {
      List<String> known = known(root);
      throw TidemarkException.user(
          Problem.of(
              "TM-CONF-001",
              "there is no environment '" + name + "'",
              "it is looked for in config/" + name + ".yaml",
              known.isEmpty()
                  ? "make one with: tidemark init DIR"
                  : NearestName.hint(name, known)));
    }
    Optional<Environment> environment =
        YamlFile.read(file, ProjectFiles.shown(root, file), problems)
            .flatMap(v -> v.map(Shape.CONFIG))
            .flatMap(map -> new Reading(root, name, problems).environment(map));
    problems.throwIfAny();
    return environment.orElseThrow();
  }

  private static List<String> known(Path root) {
    try (Stream<Path> files = Files.list(root.resolve("config"))) {
      return files
          .map(f -> f.getFileName().toString())
          .filter(f -> f.endsWith(".yaml"))
          .map(f -> f.substring(0, f.length() - ".yaml".length()))
          .sorted()
          .toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  /** One reading of one file. */
  private final class Reading {
    private final Path root;
    private final String name;
    private final Problems problems;
    private Path home;

    Reading(Path root, String name, Problems problems) {
      this.root = root;
      this.name = name;
      this.problems = problems;
      this.home = root.resolve(".tidemark");
    }

    Optional<Environment> environment(YamlMap map) {
      map.optional("home", this::path).ifPresent(path -> home = path);
      Optional<CatalogSpec> catalog =
          map.required("catalog", v -> v.map(Shape.CATALOG)).flatMap(this::catalog);
      Optional<FlinkEndpoint> flink =
          map.find("flink").isEmpty()
              ? Optional.of(new FlinkEndpoint(Optional.empty(), 1, Optional.empty()))
              : map.optional("flink", v -> v.map(Shape.FLINK)).map(this::flink);
      Optional<StoreSpec> store =
          map.required("store", v -> v.map(Shape.STORE)).flatMap(this::store);
      Limits limits =
          map.optional("limits", v -> v.map(Shape.LIMITS))
              .map(this::limits)
              .orElse(new Limits(DEFAULT_BATCH_BYTES, DEFAULT_MAX_SLICES));
      Optional<Streaming> streaming =
          new StreamingReader(root, home, problems, this::value).read(map, flink);
      return catalog.flatMap(
          c ->
              flink.flatMap(
                  f -> store.map(s -> new Environment(name, c, f, s, home, limits, streaming))));
    }

    private Optional<CatalogSpec> catalog(YamlMap map) {
      Optional<String> catalog = map.required("name", v -> v.text("'name'")).map(Located::value);
      SortedMap<String, String> properties = new TreeMap<>();
      map.find("properties")
          .flatMap(v -> v.anyMap("'properties'"))
          .ifPresent(
              all ->
                  all.values()
                      .forEach((key, v) -> value(key, v).ifPresent(t -> properties.put(key, t))));
      map.required("type", v -> v.text("'type'"))
          .ifPresent(
              type ->
                  properties.put(
                      type.value().contains(".") ? "catalog-impl" : "type", type.value()));
      return catalog.map(n -> new CatalogSpec(n, properties));
    }

    private FlinkEndpoint flink(YamlMap map) {
      long parallelism = map.optional("parallelism", v -> positive(v, "'parallelism'")).orElse(1L);
      if (parallelism > 32768) {
        problems.add(
            map.where(),
            "TM-CONF-004",
            "'parallelism' is larger than 32768",
            "Flink allows no more",
            "write a smaller number");
        parallelism = 1;
      }
      Optional<String> rest =
          map.optional("rest", v -> value("rest", v))
              .filter(
                  url -> {
                    if (url.matches("https?://[^\\s]+")) {
                      return true;
                    }
                    problems.add(
                        map.keys().get("rest"),
                        "TM-CONF-004",
                        "'rest' is no address",
                        "",
                        "write it like http://jobmanager:8081");
                    return false;
                  });
      return new FlinkEndpoint(rest, (int) parallelism, map.optional("job_jar", this::path));
    }

    private Optional<StoreSpec> store(YamlMap map) {
      Optional<String> user = map.optional("user", v -> value("user", v));
      Optional<String> password = map.optional("password", v -> value("password", v));
      return map.required("url", v -> value("url", v))
          .filter(
              url -> {
                if (url.startsWith("jdbc:sqlite:") || url.startsWith("jdbc:postgresql:")) {
                  return true;
                }
                problems.add(
                    map.keys().get("url"),
                    "TM-CONF-005",
                    "the control database is neither SQLite nor PostgreSQL",
                    "",
                    "write it like jdbc:sqlite:${HOME}/control.db or jdbc:postgresql://host/db");
                return false;
              })
          .map(url -> new StoreSpec(url, user, password));
    }

    private Limits limits(YamlMap map) {
      return new Limits(
          map.optional("batch_bytes", v -> positive(v, "'batch_bytes'"))
              .orElse(DEFAULT_BATCH_BYTES),
          map.optional("max_slices", v -> positive(v, "'max_slices'")).orElse(DEFAULT_MAX_SLICES),
          map.optional("revert_days", this::days).orElse(Limits.REVERT_WINDOW),
          map.optional("correct_after", v -> v.duration("'correct_after'"))
              .orElse(Limits.CORRECT_AFTER),
          map.optional("correct_at_latest", v -> v.duration("'correct_at_latest'"))
              .orElse(Limits.CORRECT_AT_LATEST),
          map.optional("correct_slices", v -> positive(v, "'correct_slices'"))
              .orElse(Limits.CORRECT_SLICES),
          map.optional("keep_snapshots", this::keep).orElse(Limits.KEEP_SNAPSHOTS));
    }

    private Optional<Duration> keep(YamlValue value) {
      return value
          .duration("'keep_snapshots'")
          .filter(
              keep -> {
                if (keep.compareTo(SHORTEST_KEEP) >= 0) {
                  return true;
                }
                problems.add(
                    value.where(),
                    "TM-CONF-004",
                    "'keep_snapshots' is shorter than PT1H",
                    "jobs read snapshots while main moves on",
                    "write PT1H or more");
                return false;
              });
    }

    private Optional<Duration> days(YamlValue value) {
      return positive(value, "'revert_days'")
          .filter(
              days -> {
                if (days <= MOST_DAYS) {
                  return true;
                }
                problems.add(
                    value.where(),
                    "TM-CONF-004",
                    "'revert_days' is larger than " + MOST_DAYS,
                    "every day keeps the files that publishes replaced on it",
                    "write the number of days in which a wrong publish is noticed");
                return false;
              })
          .map(Duration::ofDays);
    }

    private Optional<Long> positive(YamlValue value, String what) {
      return value
          .wholeNumber(what)
          .filter(
              n -> {
                if (n.value() >= 1) {
                  return true;
                }
                problems.add(
                    n.where(),
                    "TM-CONF-004",
                    what + " must be 1 or more",
                    "",
                    "correct the number");
                return false;
              })
          .map(Located::value);
    }

    private Optional<Path> path(YamlValue value) {
      return value("path", value)
          .flatMap(
              text -> {
                try {
                  return Optional.of(root.resolve(text).normalize());
                } catch (InvalidPathException e) {
                  problems.add(
                      value.where(),
                      "TM-CONF-004",
                      "this is no path",
                      String.valueOf(e.getReason()),
                      "correct it");
                  return Optional.empty();
                }
              });
    }

    /** A value with its references replaced; refused if it is a secret written out. */
    private Optional<String> value(String key, YamlValue value) {
      Optional<Located<String>> text = value.scalar("'" + key + "'");
      if (text.isEmpty()) {
        return Optional.empty();
      }
      String raw = text.get().value();
      String withoutReferences = REFERENCE.matcher(raw).replaceAll("");
      boolean secret =
          (isSecret(key) && !withoutReferences.isBlank())
              || (key.contains("jaas") && SECRET_IN_JAAS.matcher(withoutReferences).matches())
              || SECRET_IN_URL.matcher(withoutReferences).matches();
      if (secret && !name.equals("local")) {
        problems.add(
            value.where(),
            "TM-CONF-002",
            "'" + key + "' holds a secret in the clear",
            "files in config/ are shared and kept in version control",
            "write ${ENV:NAME} or ${FILE:path} and keep the secret there");
        return Optional.empty();
      }
      return replace(raw, value.where());
    }

    /** A private key in the clear is one; the address that gives out tokens is none. */
    private static boolean isSecret(String key) {
      return key.equals("ssl.keystore.key")
          || (SECRET.matcher(key).matches() && !key.endsWith(".url"));
    }

    private Optional<String> replace(String raw, Location where) {
      Matcher matcher = REFERENCE.matcher(raw);
      StringBuilder out = new StringBuilder();
      boolean complete = true;
      while (matcher.find()) {
        Optional<String> found = reference(matcher.group(1), where);
        complete &= found.isPresent();
        matcher.appendReplacement(out, Matcher.quoteReplacement(found.orElse("")));
      }
      matcher.appendTail(out);
      return complete ? Optional.of(out.toString()) : Optional.empty();
    }

    private Optional<String> reference(String reference, Location where) {
      if (reference.equals("PROJECT")) {
        return Optional.of(root.toString());
      } else if (reference.equals("HOME")) {
        return Optional.of(home.toString());
      } else if (reference.startsWith("ENV:")) {
        Optional<String> value = variables.apply(reference.substring(4));
        if (value.isEmpty()) {
          problems.add(
              where,
              "TM-CONF-003",
              "environment variable '" + reference.substring(4) + "' is not set",
              "the file refers to it",
              "set it before starting Tidemark");
        }
        return value;
      } else if (reference.startsWith("FILE:")) {
        return secretFile(reference.substring(5), where);
      }
      problems.add(
          where,
          "TM-CONF-003",
          "unknown reference '${" + reference + "}'",
          "",
          "use ${ENV:NAME}, ${FILE:path}, ${PROJECT} or ${HOME}");
      return Optional.empty();
    }

    private Optional<String> secretFile(String path, Location where) {
      try {
        return Optional.of(Files.readString(root.resolve(path)).strip());
      } catch (IOException | InvalidPathException e) {
        problems.add(
            where,
            "TM-CONF-003",
            "the file '" + path + "' cannot be read",
            e.getClass().getSimpleName(),
            "create it, or correct the path");
        return Optional.empty();
      }
    }
  }
}
