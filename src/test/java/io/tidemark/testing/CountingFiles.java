package io.tidemark.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.iceberg.hadoop.HadoopFileIO;
import org.apache.iceberg.io.InputFile;

/**
 * Files of a catalog, named as its {@code io-impl}, that remember which of them were opened to be
 * read, whichever catalog of the process opened them.
 */
public final class CountingFiles extends HadoopFileIO {
  private static final Queue<String> OPENED = new ConcurrentLinkedQueue<>();

  /** What is counted apart. */
  public enum Kind {
    METADATA,
    MANIFEST_LIST,
    MANIFEST,
    OTHER;

    private static Kind of(String path) {
      String name = path.substring(path.lastIndexOf('/') + 1);
      if (name.contains(".metadata.json")) {
        return METADATA;
      } else if (name.startsWith("snap-")) {
        return MANIFEST_LIST;
      }
      return name.endsWith(".avro") ? MANIFEST : OTHER;
    }
  }

  /** Made by name. */
  public CountingFiles() {}

  @Override
  public InputFile newInputFile(String path) {
    OPENED.add(path);
    return super.newInputFile(path);
  }

  @Override
  public InputFile newInputFile(String path, long length) {
    OPENED.add(path);
    return super.newInputFile(path, length);
  }

  /** How many files under a folder were opened since this was last asked of any folder. */
  public static Map<Kind, Integer> opened(String folder) {
    List<String> all = new ArrayList<>();
    for (String path = OPENED.poll(); path != null; path = OPENED.poll()) {
      all.add(path);
    }
    Map<Kind, Integer> count = new TreeMap<>();
    all.stream()
        .filter(path -> path.contains(folder))
        .forEach(path -> count.merge(Kind.of(path), 1, Integer::sum));
    return count;
  }
}
