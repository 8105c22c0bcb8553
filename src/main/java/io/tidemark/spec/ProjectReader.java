package io.tidemark.spec;

import io.tidemark.model.Column;
import io.tidemark.model.Dataset.Kind;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.Graph;
import io.tidemark.model.Location;
import io.tidemark.model.Problem;
import io.tidemark.model.Schema;
import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import io.tidemark.spec.ChangeReader.ChangeDraft;
import io.tidemark.spec.Drafts.ClassDraft;
import io.tidemark.spec.Drafts.DatasetDraft;
import io.tidemark.spec.Drafts.Pipeline;
import io.tidemark.spec.Drafts.TransformDraft;
import io.tidemark.spec.sql.SqlAnalyzer;
import io.tidemark.spec.yaml.Problems;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.flink.runtime.util.EnvironmentInformation;

/**
 * Reads a project's jobs/ into a graph: {@code jobs/<pipeline>/pipeline.yaml}, the files that it
 * names, and {@code jobs/<pipeline>/changes/*.yaml}. All pipelines make one graph.
 *
 * <p>Without changes to the files, a second reading comes from the cache and takes no planner.
 * Immutable and thread-safe; any number of processes may read at once.
 */
public final class ProjectReader {
  /** Part of the cache key: raised when what is made of the same files changes. */
  private static final String VERSION = "2";

  private final Path cache;
  private final Function<TableRef, Optional<Schema>> catalog;

  /**
   * @param cache a folder for finished graphs, made when needed
   * @param catalog finds the schema of an existing table, for sources and references that declare
   *     none; asked only for these
   */
  public ProjectReader(Path cache, Function<TableRef, Optional<Schema>> catalog) {
    this.cache = cache;
    this.catalog = catalog;
  }

  /**
   * Reads a project whose every source declares its schema, with the cache under its {@code
   * .tidemark} folder.
   *
   * @throws TidemarkException USER with every problem of the project at once
   */
  public static Graph read(Path project) {
    return new ProjectReader(project.resolve(".tidemark/cache"), table -> Optional.empty())
        .graph(project);
  }

  /**
   * Reads a project.
   *
   * @throws TidemarkException USER with every problem of the project at once, in the order of files
   *     and lines; what the catalog lookup throws
   */
  public Graph graph(Path project) {
    Problems problems = new Problems();
    Path root = project.toAbsolutePath().normalize();
    List<Pipeline> pipelines = new ArrayList<>();
    List<ChangeDraft> changes = new ArrayList<>();
    TreeSet<Path> used = new TreeSet<>();
    for (Path folder : folders(root, problems)) {
      ProjectFiles files = new ProjectFiles(root, folder, problems);
      new PipelineReader(files, problems)
          .read(folder.resolve("pipeline.yaml"))
          .ifPresent(pipelines::add);
      for (Path change : changes(folder, problems)) {
        new ChangeReader(files, problems).read(change).ifPresent(changes::add);
      }
      used.addAll(files.used());
    }
    if (pipelines.isEmpty()) {
      problems.throwIfAny();
    }
    Map<String, List<Column>> found = lookUp(pipelines);
    Fingerprint revision = revision(root, used, pipelines, found);
    GraphCache finished = new GraphCache(cache);
    if (problems.isEmpty()) {
      Optional<Graph> graph = finished.find(revision);
      if (graph.isPresent()) {
        return graph.get();
      }
    }
    Optional<Graph> graph =
        new GraphBuilder(problems, new SqlAnalyzer(problems))
            .build(pipelines, changes, found, revision);
    problems.throwIfAny();
    finished.put(revision, graph.orElseThrow());
    return graph.orElseThrow();
  }

  /** What is wrong with a folder that has no jobs/. */
  public static Problem noProject(Path folder) {
    return Problem.of(
        "TM-SPEC-001",
        "'" + folder + "' has no folder jobs",
        "a project keeps each pipeline in a folder under jobs/",
        "run in a project's folder, or make a project with: tidemark init DIR");
  }

  private static List<Path> folders(Path root, Problems problems) {
    Path jobs = root.resolve("jobs");
    List<Path> folders = new ArrayList<>();
    if (!Files.isDirectory(jobs)) {
      problems.add(noProject(root));
      return folders;
    }
    for (Path folder : list(jobs, problems)) {
      if (Files.isRegularFile(folder.resolve("pipeline.yaml"))) {
        folders.add(folder);
      } else if (Files.isDirectory(folder) && !folder.getFileName().toString().startsWith(".")) {
        problems.add(
            Location.of(ProjectFiles.shown(root, folder)),
            "TM-SPEC-002",
            "the folder holds no pipeline.yaml",
            "every folder under jobs/ is a pipeline",
            Files.exists(folder.resolve("pipeline.yml"))
                ? "rename pipeline.yml to pipeline.yaml"
                : "add pipeline.yaml, or move the folder out of jobs/");
      }
    }
    if (folders.isEmpty() && problems.isEmpty()) {
      problems.add(
          Location.of("jobs"),
          "TM-SPEC-002",
          "there is no pipeline",
          "",
          "add jobs/<pipeline>/pipeline.yaml, or start from: tidemark init DIR");
    }
    return folders;
  }

  private static List<Path> changes(Path folder, Problems problems) {
    Path changes = folder.resolve("changes");
    return Files.isDirectory(changes)
        ? list(changes, problems).stream()
            .filter(f -> f.getFileName().toString().endsWith(".yaml"))
            .toList()
        : List.of();
  }

  private static List<Path> list(Path folder, Problems problems) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    } catch (IOException e) {
      problems.add(
          Location.of(folder.toString()),
          "TM-SPEC-003",
          "the folder cannot be read",
          Problems.reason(e),
          "check its permissions");
      return List.of();
    }
  }

  private Map<String, List<Column>> lookUp(List<Pipeline> pipelines) {
    Map<String, List<Column>> found = new HashMap<>();
    for (Pipeline pipeline : pipelines) {
      for (DatasetDraft dataset : pipeline.datasets()) {
        if (dataset.columns().isEmpty() && dataset.kind() != Kind.DERIVED) {
          catalog
              .apply(dataset.table().value())
              .ifPresent(s -> found.put(dataset.id().value(), s.columns()));
        }
      }
    }
    return found;
  }

  /** Of every file that was read, every class path entry and every schema looked up. */
  private static Fingerprint revision(
      Path root, Set<Path> used, List<Pipeline> pipelines, Map<String, List<Column>> found) {
    List<String> parts =
        new ArrayList<>(List.of(VERSION, EnvironmentInformation.getVersion(), root.toString()));
    TreeSet<Path> read = new TreeSet<>(used);
    for (Pipeline pipeline : pipelines) {
      for (TransformDraft transform : pipeline.transforms()) {
        if (transform.logic() instanceof ClassDraft code) {
          code.classpath().forEach(entry -> read.add(entry.value()));
        }
      }
    }
    for (Path path : read) {
      try (Stream<Path> files = Files.walk(path)) {
        for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
          parts.add(ProjectFiles.shown(root, file));
          parts.add(Fingerprint.ofBytes(Files.readAllBytes(file)).hex());
        }
      } catch (IOException e) {
        parts.add("unreadable " + path);
      }
    }
    new TreeMap<>(found).forEach((id, columns) -> columns.forEach(c -> parts.add(id + " " + c)));
    return Fingerprint.of(parts.toArray(String[]::new));
  }
}
