package io.tidemark.job.build;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.iceberg.hadoop.HadoopFileIO;
import org.apache.iceberg.io.InputFile;

/** Real files, of which one may be given in place of another. Named by io-impl. */
public final class RedirectedFiles extends HadoopFileIO {
  private static final long serialVersionUID = 1;
  private static final Map<String, String> REDIRECTS = new ConcurrentHashMap<>();

  static void redirect(String from, String to) {
    REDIRECTS.put(from, to);
  }

  static void clear() {
    REDIRECTS.clear();
  }

  @Override
  public InputFile newInputFile(String path) {
    return super.newInputFile(REDIRECTS.getOrDefault(path, path));
  }

  @Override
  public InputFile newInputFile(String path, long length) {
    return REDIRECTS.containsKey(path) ? newInputFile(path) : super.newInputFile(path, length);
  }
}
