package io.tidemark.control.handlers;

import io.tidemark.control.Control;
import io.tidemark.control.Openers;
import java.nio.file.Path;
import java.time.Clock;

/** Opens the one door. */
public final class Controls {
  private Controls() {}

  /**
   * Opens nothing but the door: whether the project is sound shows when an operation reads it.
   *
   * @param environment the name of a file in the project's config/, without its ending
   */
  public static Control open(Path project, String environment, Openers openers, Clock clock) {
    return new ProjectControl(new Workplace(project, environment, openers, clock));
  }
}
