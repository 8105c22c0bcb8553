package io.tidemark.spec;

import io.tidemark.model.Location;
import io.tidemark.spec.yaml.Located;
import io.tidemark.spec.yaml.Problems;
import io.tidemark.spec.yaml.YamlFile;
import io.tidemark.spec.yaml.YamlValue;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The files of a project as one pipeline's YAML names them. Never leaves the project's folder. */
final class ProjectFiles {
  private static final long MAX_BYTES = 1_000_000;

  private final Path project;
  private final Path folder;
  private final Problems problems;
  private final Set<Path> used = new TreeSet<>();

  /**
   * @param project absolute and normalised
   * @param folder where the YAML file lies
   */
  ProjectFiles(Path project, Path folder, Problems problems) {
    this.project = project;
    this.folder = folder;
    this.problems = problems;
  }

  /** How problems print a path: relative to the project, with slashes. */
  static String shown(Path project, Path file) {
    Path path = file.startsWith(project) ? project.relativize(file) : file;
    return path.toString().replace('\\', '/');
  }

  String shown(Path file) {
    return shown(project, file);
  }

  /** Every file that was read so far. */
  Set<Path> used() {
    return used;
  }

  /** A YAML file's root. */
  Optional<YamlValue> yaml(Path file) {
    used.add(file);
    return YamlFile.read(file, shown(file), problems);
  }

  /** A file beside the YAML file. */
  Optional<Path> beside(Located<String> name, String what) {
    return resolve(folder, name, what)
        .filter(
            path -> {
              if (Files.isRegularFile(path)) {
                return true;
              }
              problems.add(
                  name.where(),
                  "TM-SPEC-005",
                  "the " + what + " '" + name.value() + "' does not exist",
                  "it is looked for at " + shown(path),
                  "create it, or correct the name");
              return false;
            });
  }

  /** A file or folder named from the project's root, which need not exist. */
  Optional<Path> fromRoot(Located<String> name, String what) {
    return resolve(project, name, what);
  }

  private Optional<Path> resolve(Path base, Located<String> name, String what) {
    try {
      Path path = base.resolve(name.value()).normalize();
      if (path.startsWith(project)) {
        return Optional.of(path);
      }
      problems.add(
          name.where(),
          "TM-SPEC-006",
          "the " + what + " '" + name.value() + "' lies outside the project",
          "a project must mean the same on every machine",
          "copy it into the project");
    } catch (InvalidPathException e) {
      problems.add(
          name.where(),
          "TM-SPEC-006",
          "'" + name.value() + "' is no path",
          String.valueOf(e.getReason()),
          "correct the name of the " + what);
    }
    return Optional.empty();
  }

  /** A file's content. */
  Optional<String> text(Path file, Location blame) {
    used.add(file);
    try {
      if (Files.size(file) > MAX_BYTES) {
        problems.add(
            blame,
            "TM-SPEC-007",
            "'" + shown(file) + "' is larger than " + MAX_BYTES + " bytes",
            "",
            "make it smaller");
        return Optional.empty();
      }
      return Optional.of(
          StandardCharsets.UTF_8
              .newDecoder()
              .decode(ByteBuffer.wrap(Files.readAllBytes(file)))
              .toString());
    } catch (CharacterCodingException e) {
      problems.add(
          blame, "TM-SPEC-007", "'" + shown(file) + "' is not UTF-8 text", "", "save it as UTF-8");
    } catch (IOException e) {
      problems.add(
          blame,
          "TM-SPEC-007",
          "'" + shown(file) + "' cannot be read",
          Problems.reason(e),
          "check its permissions");
    }
    return Optional.empty();
  }
}
