package io.tidemark;

import io.tidemark.cli.Place;
import io.tidemark.control.Control;
import java.nio.file.Path;

/** Lets the benchmark in by the door that the command line uses. */
public final class BenchDoor {
  private BenchDoor() {}

  public static Control open(Path project) {
    return Wiring.open(new Place(project, "local"));
  }
}
