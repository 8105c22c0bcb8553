package io.tidemark.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;

/** A project with a copy of the repository's jobs/orders, and the edit of its story. */
public final class OrdersProject {
  private static final Path SHIPPED = Path.of("jobs/orders");

  private final Path folder;

  private OrdersProject(Path folder) {
    this.folder = folder;
  }

  /** Copies the pipeline into a project's folder. */
  public static OrdersProject copyTo(Path folder) {
    try (Stream<Path> files = Files.walk(SHIPPED)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        Path to = folder.resolve(file.toString());
        Files.createDirectories(to.getParent());
        Files.copy(file, to);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new OrdersProject(folder);
  }

  /** Writes config/local.yaml: tables and control database in the project, and these lines. */
  public void configure(List<String> lines) {
    try {
      LocalConfig.write(folder, lines);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Puts the version that multiplies by rates in the place of the right one. */
  public void useFirstVersion() {
    replace(SHIPPED.resolve("demo/order_values.v1.sql"));
  }

  /** Puts the version that divides by rates back. */
  public void useFix() {
    replace(SHIPPED.resolve("order_values.sql"));
  }

  private void replace(Path version) {
    try {
      Files.copy(
          version,
          folder.resolve(SHIPPED).resolve("order_values.sql"),
          StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
