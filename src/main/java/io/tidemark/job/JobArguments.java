package io.tidemark.job;

import io.tidemark.model.JobSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.RecordJson;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TidemarkException.Category;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;

/**
 * The job jar's command line: {@code spec JOB}, where JOB is a job order as JSON, in base64 or in a
 * file.
 */
final class JobArguments {
  private static final String USAGE = "spec <job order as JSON in base64, or a file that holds it>";

  private JobArguments() {}

  /**
   * @throws TidemarkException USAGE if the arguments cannot be read
   */
  static JobSpec read(String[] args) {
    if (args.length == 2 && args[0].equals("spec")) {
      return parse(text(args[1]));
    }
    throw usage("expected: " + USAGE);
  }

  private static JobSpec parse(String json) {
    try {
      return RecordJson.read(json, JobSpec.class);
    } catch (IllegalArgumentException e) {
      throw usage("the job order cannot be read: " + e.getMessage());
    }
  }

  private static String text(String argument) {
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
    return new TidemarkException(
        Category.USAGE, List.of(Problem.of("TM-JOB-002", what, "", "usage: " + USAGE)), null);
  }
}
