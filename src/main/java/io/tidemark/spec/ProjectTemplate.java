package io.tidemark.spec;

import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import io.tidemark.spec.yaml.Problems;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A minimal, commented project that validates: what {@code tidemark init} writes. */
public final class ProjectTemplate {
  /** Where each resource goes; a leading dot would hide it in the sources. */
  private static final Map<String, String> FILES = new LinkedHashMap<>();

  static {
    for (String same :
        List.of(
            "jobs/example/pipeline.yaml",
            "jobs/example/sales_per_day.sql",
            "jobs/example/changes/example.yaml",
            "jobs/example/data/orders.csv",
            "config/local.yaml")) {
      FILES.put(same, "/template/" + same);
    }
    FILES.put(".gitignore", "/template/gitignore");
    for (String schema : List.of("pipeline", "change", "config")) {
      FILES.put(".schema/" + schema + ".schema.json", "/schema/" + schema + ".schema.json");
    }
  }

  private ProjectTemplate() {}

  /**
   * Writes the project's files into a folder, which is made when it is missing.
   *
   * @return what was written, relative to the folder
   * @throws TidemarkException USER if one of the files exists, and then nothing is written;
   *     EXTERNAL if the folder cannot be written
   */
  public static List<Path> write(Path folder) {
    List<Problem> existing = new ArrayList<>();
    for (String file : FILES.keySet()) {
      if (Files.exists(folder.resolve(file))) {
        existing.add(exists(folder.resolve(file)));
      }
    }
    if (!existing.isEmpty()) {
      throw TidemarkException.user(existing);
    }
    List<Path> written = new ArrayList<>();
    for (Map.Entry<String, String> file : FILES.entrySet()) {
      Path target = folder.resolve(file.getKey());
      try (InputStream in = ProjectTemplate.class.getResourceAsStream(file.getValue())) {
        if (in == null) {
          throw new IllegalStateException("[BUG] no resource " + file.getValue());
        }
        Files.createDirectories(target.getParent());
        Files.copy(in, target);
        written.add(Path.of(file.getKey()));
      } catch (FileAlreadyExistsException e) {
        throw TidemarkException.user(exists(Path.of(e.getFile())));
      } catch (IOException e) {
        throw TidemarkException.external(
            Problem.of(
                "TM-SPEC-071",
                "'" + target + "' cannot be written",
                Problems.reason(e),
                "choose a folder that can be written"),
            e);
      }
    }
    return written;
  }

  private static Problem exists(Path file) {
    return Problem.of(
        "TM-SPEC-070",
        "'" + file + "' exists already",
        "it would be overwritten",
        "choose an empty folder");
  }
}
