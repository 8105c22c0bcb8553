package io.tidemark.job.build;

import io.tidemark.testing.FullDisk;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.iceberg.hadoop.HadoopFileIO;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.io.OutputFile;

/**
 * Real files, of which one may be given in place of another, on a disk that may be full. Named by
 * io-impl.
 */
public final class RedirectedFiles extends HadoopFileIO {
  private static final long serialVersionUID = 1;
  private static final Map<String, String> REDIRECTS = new ConcurrentHashMap<>();
  private static final AtomicBoolean FULL = new AtomicBoolean();

  static void redirect(String from, String to) {
    REDIRECTS.put(from, to);
  }

  static void clear() {
    REDIRECTS.clear();
    FULL.set(false);
  }

  /** No data file can be written from now on. */
  static void fillDisk() {
    FULL.set(true);
  }

  @Override
  public OutputFile newOutputFile(String path) {
    OutputFile real = super.newOutputFile(path);
    return FULL.get() && path.endsWith(".parquet") ? new FullDisk(real) : real;
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
