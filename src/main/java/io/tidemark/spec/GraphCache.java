package io.tidemark.spec;

import io.tidemark.model.Fingerprint;
import io.tidemark.model.Graph;
import io.tidemark.model.RecordJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Finished graphs by the hash of all that they were read from, since Flink's planner takes seconds
 * to start. A cache that is damaged, read-only or missing only costs time.
 */
final class GraphCache {
  private static final int KEPT = 20;

  private final Path folder;

  GraphCache(Path folder) {
    this.folder = folder;
  }

  Optional<Graph> find(Fingerprint key) {
    try {
      return Optional.of(RecordJson.read(Files.readString(file(key)), Graph.class))
          .filter(g -> g.revision().equals(key));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException | RuntimeException e) {
      return Optional.empty();
    }
  }

  /** Written aside and moved, so that no reader sees half of it. */
  void put(Fingerprint key, Graph graph) {
    try {
      Files.createDirectories(folder);
      Path aside = Files.createTempFile(folder, "graph-", ".tmp");
      try {
        Files.writeString(aside, RecordJson.write(graph, Graph.class));
        Files.move(
            aside, file(key), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(aside);
      }
      prune();
    } catch (IOException e) {
      // The next command starts the planner again.
    }
  }

  private void prune() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> old =
          files
              .filter(f -> f.getFileName().toString().matches("graph-[0-9a-f]{64}\\.json"))
              .sorted(Comparator.comparing(GraphCache::modified).reversed())
              .skip(KEPT)
              .toList();
      for (Path file : old) {
        Files.deleteIfExists(file);
      }
    }
  }

  private static FileTime modified(Path file) {
    try {
      return Files.getLastModifiedTime(file);
    } catch (IOException e) {
      return FileTime.fromMillis(0);
    }
  }

  private Path file(Fingerprint key) {
    return folder.resolve("graph-" + key + ".json");
  }
}
