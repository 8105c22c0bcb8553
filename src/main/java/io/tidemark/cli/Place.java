package io.tidemark.cli;

import io.tidemark.control.Control;
import java.nio.file.Path;

/**
 * Which project, in which environment.
 *
 * @param project the folder that holds jobs/
 * @param environment the name of a file in config/
 */
public record Place(Path project, String environment) {

  /** Opens the one door to a place. Must be cheap: a command may need nothing but jobs/. */
  @FunctionalInterface
  public interface Opener {
    Control open(Place place);
  }
}
