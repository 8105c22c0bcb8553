package io.tidemark.lake.probe;

import io.tidemark.model.doctor.Finding;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.io.FileInfo;
import org.apache.iceberg.io.SupportsPrefixOperations;

/** What a warehouse's files do when they are tried, in a folder that is thrown away. */
final class FileProbe {
  static final String AREA = "files";

  private static final String CONSISTENT = "use an object store with consistent reads after writes";

  private final FileIO io;
  private final String folder;

  FileProbe(FileIO io, String folder) {
    this.io = io;
    this.folder = folder;
  }

  /** One file, replaced and deleted. */
  Finding one() {
    String path = folder + "/one";
    write(path, "first");
    String first = read(path);
    write(path, "second");
    String second = read(path);
    io.deleteFile(path);
    boolean gone = !io.newInputFile(path).exists();
    return first.equals("first") && second.equals("second") && gone
        ? Finding.ok(AREA, "what is written, replaced and deleted is seen at once")
        : Finding.fail(
            AREA, "what was written, replaced or deleted is not seen at once", CONSISTENT);
  }

  /** Several files, listed as expiry and clean-up do. */
  Finding listed() {
    if (!(io instanceof SupportsPrefixOperations files)) {
      return Finding.warn(
          AREA,
          "files cannot be listed by " + io.getClass().getSimpleName(),
          "nothing has to be done: files that a job left when it died stay where they are");
    }
    String below = folder + "/listed";
    List<String> written = List.of(below + "/a", below + "/b/c", below + "/d");
    written.forEach(path -> write(path, "listed"));
    List<String> all = list(files, below);
    io.deleteFile(written.get(0));
    List<String> rest = list(files, below);
    return same(all, written) && same(rest, written.subList(1, 3))
        ? Finding.ok(AREA, "a listing shows what is there, and nothing else")
        : Finding.fail(
            AREA,
            "a listing lacks what was written, or shows what was deleted",
            CONSISTENT + ", or files that jobs left when they died are not found");
  }

  private static List<String> list(SupportsPrefixOperations files, String below) {
    List<String> found = new ArrayList<>();
    for (FileInfo file : files.listPrefix(below + "/")) {
      found.add(file.location());
    }
    return found;
  }

  /** File systems write locations in their own way, such as with a scheme. */
  private static boolean same(List<String> found, List<String> written) {
    return found.size() == written.size()
        && written.stream().allMatch(w -> found.stream().anyMatch(f -> f.endsWith(path(w))));
  }

  private static String path(String location) {
    int scheme = location.indexOf("://");
    return scheme < 0 ? location.replaceFirst("^file:", "") : location.substring(scheme + 3);
  }

  private void write(String path, String text) {
    try (OutputStream out = io.newOutputFile(path).createOrOverwrite()) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The text of a file. */
  String read(String path) {
    try (InputStream in = io.newInputFile(path).newStream()) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
