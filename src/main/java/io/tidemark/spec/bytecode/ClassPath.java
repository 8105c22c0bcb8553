package io.tidemark.spec.bytecode;

import io.tidemark.spec.yaml.Located;
import io.tidemark.spec.yaml.Problems;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** The class files in some jars and folders; the first entry that has a class wins. */
final class ClassPath implements AutoCloseable {
  private final List<Entry> entries = new ArrayList<>();

  private interface Entry {
    Optional<byte[]> read(String file) throws IOException;

    void close() throws IOException;
  }

  /** Opens what can be opened; what cannot is a problem at its place. */
  static ClassPath open(List<Located<Path>> paths, Problems problems) {
    ClassPath opened = new ClassPath();
    for (Located<Path> path : paths) {
      Path file = path.value();
      try {
        if (Files.isDirectory(file)) {
          opened.entries.add(folder(file));
        } else if (Files.isRegularFile(file)) {
          opened.entries.add(jar(file));
        } else {
          problems.add(
              path.where(),
              "TM-JAVA-001",
              "the classpath entry does not exist",
              "it is looked for at " + file.getFileName(),
              "build it first, or correct the path");
        }
      } catch (IOException e) {
        problems.add(
            path.where(),
            "TM-JAVA-002",
            "the jar cannot be read",
            Problems.reason(e),
            "build it again");
      }
    }
    return opened;
  }

  private static Entry folder(Path folder) {
    return new Entry() {
      @Override
      public Optional<byte[]> read(String file) throws IOException {
        Path path = folder.resolve(file);
        return Files.isRegularFile(path) ? Optional.of(Files.readAllBytes(path)) : Optional.empty();
      }

      @Override
      public void close() {
        // Holds nothing open.
      }
    };
  }

  private static Entry jar(Path file) throws IOException {
    ZipFile zip = new ZipFile(file.toFile());
    return new Entry() {
      @Override
      public Optional<byte[]> read(String name) throws IOException {
        ZipEntry entry = zip.getEntry(name);
        if (entry == null) {
          return Optional.empty();
        }
        try (InputStream in = zip.getInputStream(entry)) {
          return Optional.of(in.readAllBytes());
        }
      }

      @Override
      public void close() throws IOException {
        zip.close();
      }
    };
  }

  /**
   * @param internalName with slashes
   */
  Optional<byte[]> find(String internalName) throws IOException {
    for (Entry entry : entries) {
      Optional<byte[]> bytes = entry.read(internalName + ".class");
      if (bytes.isPresent()) {
        return bytes;
      }
    }
    return Optional.empty();
  }

  @Override
  public void close() throws IOException {
    for (Entry entry : entries) {
      entry.close();
    }
  }
}
