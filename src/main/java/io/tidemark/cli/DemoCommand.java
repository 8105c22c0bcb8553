package io.tidemark.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The whole story on real flights data. */
@Command(name = "demo", description = "The whole story on real flights data, in one process.")
final class DemoCommand implements Callable<Integer> {
  private final Root root;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      defaultValue = "tidemark-demo",
      description = "Where to put the project; ./tidemark-demo by default.")
  private Path directory;

  DemoCommand(Root root) {
    this.root = root;
  }

  @Override
  public Integer call() {
    return Demo.tell(root, directory);
  }
}
