package io.tidemark.cli;

import io.tidemark.control.Control;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * Which project, in which environment.
 *
 * @param project the folder that holds jobs/
 * @param environment the name of a file in config/
 */
public record Place(Path project, String environment) {

  /**
   * The project that a folder lies in: the folder itself if it has jobs/, else the nearest above it
   * whose jobs/ holds a pipeline, else the folder itself, which is then none.
   */
  static Path around(Path folder) {
    Path here = folder.toAbsolutePath().normalize();
    if (Files.isDirectory(here.resolve("jobs"))) {
      return folder;
    }
    for (Path above = here.getParent(); above != null; above = above.getParent()) {
      if (hasPipeline(above.resolve("jobs"))) {
        return above;
      }
    }
    return folder;
  }

  private static boolean hasPipeline(Path jobs) {
    if (!Files.isDirectory(jobs) || !Files.isReadable(jobs)) {
      return false;
    }
    try (Stream<Path> folders = Files.list(jobs)) {
      return folders.anyMatch(f -> Files.isRegularFile(f.resolve("pipeline.yaml")));
    } catch (IOException | UncheckedIOException e) {
      return false;
    }
  }

  /** Opens the one door to a place. Must be cheap: a command may need nothing but jobs/. */
  @FunctionalInterface
  public interface Opener {
    Control open(Place place);
  }
}
