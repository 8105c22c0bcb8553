package io.tidemark.cli.demo;

import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;

/** The demo's files: a copy of the installation's flights pipeline, and the edits of the story. */
public final class DemoProject {
  /** Set by the launcher: the folder that holds jobs/ and config/ of the installation. */
  public static final String HOME = "tidemark.home";

  private static final String PIPELINE = "jobs/flights";
  private static final String LOGIC = PIPELINE + "/flights_utc.sql";

  private final Path home;
  private final Path directory;

  private DemoProject(Path home, Path directory) {
    this.home = home;
    this.directory = directory;
  }

  /**
   * Copies the pipeline into a new folder.
   *
   * @throws TidemarkException USER if the folder is there and not empty
   */
  public static DemoProject create(Path directory) {
    Path home = Path.of(System.getProperty(HOME, "."));
    if (!Files.isDirectory(home.resolve(PIPELINE))) {
      throw TidemarkException.user(
          Problem.of(
              "TM-DEMO-001",
              "cannot find " + PIPELINE + " in " + home.toAbsolutePath().normalize(),
              "the demo works on a copy of it",
              "start it with the launcher: ./tidemark demo"));
    }
    DemoProject project = new DemoProject(home, directory);
    try {
      if (Files.exists(directory) && !isEmpty(directory)) {
        throw TidemarkException.user(
            Problem.of(
                "TM-DEMO-002",
                directory + " is there already",
                "the demo starts from nothing and overwrites nothing",
                "remove it, or name another folder: tidemark demo --dir DIR"));
      }
      Files.createDirectories(directory);
      project.copyTree(PIPELINE);
      project.copyTree("config");
    } catch (IOException e) {
      throw failed(e);
    }
    return project;
  }

  private static boolean isEmpty(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return false;
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files.findAny().isEmpty();
    }
  }

  private void copyTree(String name) throws IOException {
    Path from = home.resolve(name);
    if (!Files.isDirectory(from)) {
      return;
    }
    List<Path> files;
    try (Stream<Path> tree = Files.walk(from)) {
      files = tree.filter(Files::isRegularFile).sorted().toList();
    }
    for (Path file : files) {
      Path to = directory.resolve(name).resolve(from.relativize(file).toString());
      Files.createDirectories(to.getParent());
      Files.copy(file, to);
    }
  }

  /** A file of the project. */
  public Path file(String name) {
    return directory.resolve(PIPELINE).resolve(name);
  }

  /** Puts a version from the pipeline's demo folder in the place of the transform's SQL. */
  public void useVersion(String name) {
    try {
      Path from = file("demo/" + name);
      Files.copy(from, directory.resolve(LOGIC), StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** Puts the installation's SQL, the right fix, back. */
  public void useFix() {
    try {
      Files.copy(
          home.resolve(LOGIC), directory.resolve(LOGIC), StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** The transform's SQL as it is now, without comments. */
  public List<String> logic() {
    try (Stream<String> lines = Files.lines(directory.resolve(LOGIC))) {
      return lines.filter(line -> !line.startsWith("--")).toList();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private static TidemarkException failed(IOException e) {
    return TidemarkException.external(
        Problem.of(
            "TM-DEMO-003",
            "cannot write the demo's files: " + e.getMessage(),
            e.getClass().getSimpleName(),
            "choose a folder that can be written to: tidemark demo --dir DIR"),
        e);
  }
}
