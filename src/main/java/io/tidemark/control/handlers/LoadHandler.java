package io.tidemark.control.handlers;

import io.tidemark.control.Operation;
import io.tidemark.control.Report;
import io.tidemark.control.Watcher;
import io.tidemark.control.Watcher.Phase;
import io.tidemark.control.Watcher.StepProgress;
import io.tidemark.lake.Lake.Committed;
import io.tidemark.model.Dataset;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.JobResult;
import io.tidemark.model.JobSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.RecordJson;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import io.tidemark.release.Claims;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Appends files to a source, one commit per format, or sets a reference to what files say. The
 * commit's note names each file with the start of its SHA-256, by which a file that was loaded
 * before is known again.
 */
final class LoadHandler {
  /** 96 bits: enough to tell files apart, short enough for a snapshot summary. */
  private static final int DIGITS = 24;

  private static final Pattern LOADED = Pattern.compile("#([0-9a-f]{" + DIGITS + "})");

  private final Workplace workplace;
  private final Watcher watcher;

  LoadHandler(Workplace workplace, Watcher watcher) {
    this.workplace = workplace;
    this.watcher = watcher;
  }

  Report.Loaded load(Operation.Load operation) {
    Dataset dataset = Resolve.dataset(workplace.graph(), operation.dataset());
    requireLoadable(dataset);
    requireRatio(operation.maxBadRatio());
    Map<Path, JobSpec.Load.Format> formats = formats(operation);
    Claims claims = new Claims(workplace.store(), workplace.clock());
    try (Claims.Claim claim = claims.take(List.of("table " + dataset.table()))) {
      claim.check();
      return operation.files().isEmpty()
          ? replay(dataset)
          : load(dataset, formats, operation.maxBadRatio());
    }
  }

  /**
   * What still cannot be read is set aside again, and is no reason to keep the rest out. The same
   * letters may be tried again with other code: those that became rows are not among them any more.
   */
  private Report.Loaded replay(Dataset dataset) {
    try (DeadLetterFile letters = DeadLetterFile.of(workplace, dataset)) {
      JobResult.Loaded result =
          letters.isEmpty()
              ? new JobResult.Loaded("", 0, 0, List.of(), List.of())
              : load(dataset, JobSpec.Load.Format.JSON_LINES, attempt(dataset, letters.path()), 1);
      return new Report.Loaded(
          dataset.id(),
          dataset.table().toString(),
          List.of(),
          result.rows(),
          result.deadLetters(),
          deadLetters(dataset).toString(),
          result.firstProblems());
    }
  }

  private Map<String, Path> attempt(Dataset dataset, Path file) {
    long head = workplace.lake().head(dataset.table(), "main").orElse(0L);
    String name = Fingerprint.of(hash(file), Long.toString(head)).hex().substring(0, DIGITS);
    return Map.of(name, file);
  }

  private static void requireLoadable(Dataset dataset) {
    if (dataset.kind() == Dataset.Kind.DERIVED) {
      throw TidemarkException.user(
          Problem.of(
              "TM-LOAD-001",
              "dataset '" + dataset.id() + "' is derived",
              "its rows are made by its transform alone",
              "load into one of its inputs, then: tidemark run"));
    }
  }

  private static void requireRatio(double ratio) {
    if (!(ratio >= 0 && ratio <= 1)) {
      throw TidemarkException.user(
          Problem.of(
              "TM-LOAD-002",
              "--max-bad " + ratio + " is no share",
              "",
              "give a number from 0 to 1: 0.01 is one row in a hundred"));
    }
  }

  /** Every file with its format, or every problem with them at once. */
  private static Map<Path, JobSpec.Load.Format> formats(Operation.Load operation) {
    Map<Path, JobSpec.Load.Format> formats = new LinkedHashMap<>();
    List<Problem> problems = new ArrayList<>();
    for (Path file : operation.files()) {
      String name = operation.format().orElse(String.valueOf(file.getFileName()));
      Optional<JobSpec.Load.Format> format = format(name);
      if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
        problems.add(
            Problem.of(
                "TM-LOAD-003",
                "cannot read " + file,
                Files.exists(file) ? "it is no file, or not readable" : "it does not exist",
                "correct the path"));
      } else if (format.isEmpty()) {
        problems.add(
            Problem.of(
                "TM-LOAD-004",
                "cannot tell the format of " + file,
                "'" + name + "' ends in none of .csv, .json, .jsonl, .ndjson, .parquet",
                "say it: --as csv, --as json or --as parquet"));
      } else {
        formats.put(file.toAbsolutePath().normalize(), format.get());
      }
    }
    if (!problems.isEmpty()) {
      throw TidemarkException.user(problems);
    }
    return formats;
  }

  private static Optional<JobSpec.Load.Format> format(String name) {
    String ending = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    return switch (ending) {
      case "csv" -> Optional.of(JobSpec.Load.Format.CSV);
      case "json", "jsonl", "ndjson" -> Optional.of(JobSpec.Load.Format.JSON_LINES);
      case "parquet" -> Optional.of(JobSpec.Load.Format.PARQUET);
      default -> Optional.empty();
    };
  }

  private Report.Loaded load(
      Dataset dataset, Map<Path, JobSpec.Load.Format> formats, double maxBadRatio) {
    workplace.lake().ensure(dataset);
    Map<String, Path> hashes = new LinkedHashMap<>();
    formats.keySet().forEach(file -> hashes.putIfAbsent(hash(file), file));
    Set<String> fresh = new HashSet<>(hashes.keySet());
    if (mode(dataset) == JobSpec.Load.Mode.APPEND) {
      fresh.removeAll(known(dataset, Integer.MAX_VALUE));
    } else if (fresh.equals(known(dataset, 1))) {
      fresh.clear();
    } else {
      requireOneFormat(dataset, formats);
    }
    Map<JobSpec.Load.Format, Map<String, Path>> batches = new EnumMap<>(JobSpec.Load.Format.class);
    List<Report.FileLoaded> files = new ArrayList<>();
    hashes.forEach(
        (hash, file) -> {
          boolean isNew = fresh.contains(hash);
          if (isNew) {
            batches.computeIfAbsent(formats.get(file), f -> new LinkedHashMap<>()).put(hash, file);
          }
          files.add(
              new Report.FileLoaded(
                  file.getFileName().toString(),
                  isNew ? Report.FileLoaded.Fate.LOADED : Report.FileLoaded.Fate.KNOWN));
        });
    List<JobResult.Loaded> results = new ArrayList<>();
    batches.forEach((format, batch) -> results.add(load(dataset, format, batch, maxBadRatio)));
    return new Report.Loaded(
        dataset.id(),
        dataset.table().toString(),
        files,
        results.stream().mapToLong(JobResult.Loaded::rows).sum(),
        results.stream().mapToLong(JobResult.Loaded::deadLetters).sum(),
        deadLetters(dataset).toString(),
        results.stream().flatMap(r -> r.firstProblems().stream()).toList());
  }

  /** Events come on top of those that are there; a lookup table is what its newest files say. */
  private static JobSpec.Load.Mode mode(Dataset dataset) {
    return dataset.kind() == Dataset.Kind.REFERENCE
        ? JobSpec.Load.Mode.REPLACE
        : JobSpec.Load.Mode.APPEND;
  }

  private static void requireOneFormat(Dataset dataset, Map<Path, JobSpec.Load.Format> formats) {
    if (formats.values().stream().distinct().count() > 1) {
      throw TidemarkException.user(
          Problem.of(
              "TM-LOAD-005",
              "the files for reference '" + dataset.id() + "' are of several formats",
              "a load replaces a reference as a whole, in one commit",
              "give all of its files in one format"));
    }
  }

  private JobResult.Loaded load(
      Dataset dataset, JobSpec.Load.Format format, Map<String, Path> batch, double maxBadRatio) {
    String name =
        "load-"
            + Fingerprint.of(batch.keySet().stream().sorted().toArray(String[]::new)).abbreviated();
    String key = key(dataset, name);
    String document = workplace.lake().documentPath(dataset.table(), name + ".json");
    SliceSet none = SliceSet.empty(dataset.layout().slice());
    String note =
        batch.entrySet().stream()
            .map(e -> e.getValue().getFileName() + "#" + e.getKey())
            .collect(Collectors.joining(", "));
    JobSpec.Load job =
        new JobSpec.Load(
            key,
            workplace.environment().catalog(),
            batch.values().stream().map(Path::toString).toList(),
            format,
            mode(dataset),
            JobSpec.Output.of(dataset, "main", none),
            deadLetters(dataset),
            maxBadRatio,
            new Stamp(
                key,
                Stamp.Kind.LOAD,
                dataset.id(),
                Stamp.Origin.NONE,
                new Stamp.Content(dataset.layout().slice(), List.of(), Stamp.Content.ANY_COLUMN),
                note),
            document);
    run(dataset, job);
    JobResult.Loaded result =
        workplace
            .lake()
            .readText(dataset.table(), document)
            .map(text -> (JobResult.Loaded) RecordJson.read(text, JobResult.class))
            .orElseThrow(() -> lost(dataset));
    if (workplace.lake().find(dataset.table(), "main", key).isEmpty()) {
      throw tooBad(dataset, result);
    }
    return result;
  }

  /**
   * A source takes the same files once; a reference may be set back to files that it held before,
   * so what it holds now is part of the key.
   */
  private String key(Dataset dataset, String name) {
    String key = name + "/" + dataset.id();
    return mode(dataset) == JobSpec.Load.Mode.APPEND
        ? key
        : key + "@" + workplace.lake().head(dataset.table(), "main").orElse(0L);
  }

  private void run(Dataset dataset, JobSpec.Load job) {
    String label = "load " + dataset.id();
    watcher.step(new StepProgress(job.key(), label, Phase.STARTED, -1, ""));
    boolean done = false;
    try {
      workplace
          .cluster()
          .run(
              job,
              p ->
                  watcher.step(
                      new StepProgress(
                          job.key(),
                          label,
                          Phase.RUNNING,
                          p.tasks() == 0 ? -1 : (double) p.tasksDone() / p.tasks(),
                          String.format(Locale.ROOT, "%,d rows", p.rowsWritten()))));
      done = true;
    } finally {
      watcher.step(new StepProgress(job.key(), label, done ? Phase.DONE : Phase.FAILED, 1, ""));
    }
  }

  private static TidemarkException tooBad(Dataset dataset, JobResult.Loaded result) {
    String first = String.join("\n", result.firstProblems());
    return TidemarkException.user(
        Problem.of(
            "TM-LOAD-008",
            result.deadLetters()
                + " of "
                + (result.rows() + result.deadLetters())
                + " rows for '"
                + dataset.id()
                + "' cannot be read, so nothing was loaded",
            first,
            "correct the files; rows that cannot be read are kept in "
                + deadLetters(dataset)
                + ". To load the rest all the same: --max-bad 1"));
  }

  private static TidemarkException lost(Dataset dataset) {
    return TidemarkException.external(
        Problem.of(
            "TM-LOAD-006",
            "the load of '" + dataset.id() + "' left no result document",
            "its job ended, but the table's folder does not hold what it writes first",
            "check the warehouse, and repeat the command: what was loaded is not loaded twice"),
        null);
  }

  private static TableRef deadLetters(Dataset dataset) {
    return JobSpec.Load.deadLetters(dataset.table());
  }

  /** The files of the newest loads on main, by the start of their SHA-256. */
  private Set<String> known(Dataset dataset, int loads) {
    Set<String> known = new HashSet<>();
    workplace.lake().stamps(dataset.table(), "main").stream()
        .map(Committed::stamp)
        .filter(stamp -> stamp.kind() == Stamp.Kind.LOAD)
        .limit(loads)
        .forEach(
            stamp -> {
              Matcher matcher = LOADED.matcher(stamp.note());
              while (matcher.find()) {
                known.add(matcher.group(1));
              }
            });
    return known;
  }

  private static String hash(Path file) {
    MessageDigest digest = Fingerprint.sha256();
    try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
      in.transferTo(java.io.OutputStream.nullOutputStream());
      return HexFormat.of().formatHex(digest.digest()).substring(0, DIGITS);
    } catch (IOException e) {
      throw TidemarkException.external(
          Problem.of(
              "TM-LOAD-007",
              "cannot read " + file,
              e.getClass().getSimpleName(),
              "check the file and the disk it is on"),
          e);
    }
  }
}
