package io.tidemark.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.iceberg.hadoop.HadoopFileIO;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.io.OutputFile;

/**
 * An object store that answers every request with an error for as long as a test wants it to;
 * catalogs open it by its name, as {@code io-impl}. Of all catalogs in this process. Thread-safe.
 */
public final class ShakyFiles extends HadoopFileIO {
  private static final long serialVersionUID = 1;
  private static final AtomicBoolean FAILING = new AtomicBoolean();

  /** From now on nothing can be read or written. */
  public static void fail() {
    FAILING.set(true);
  }

  /** From now on everything can again. */
  public static void recover() {
    FAILING.set(false);
  }

  private static void answer() {
    if (FAILING.get()) {
      throw new UncheckedIOException(new IOException("503 Slow Down"));
    }
  }

  @Override
  public InputFile newInputFile(String path) {
    answer();
    return super.newInputFile(path);
  }

  @Override
  public InputFile newInputFile(String path, long length) {
    answer();
    return super.newInputFile(path, length);
  }

  @Override
  public OutputFile newOutputFile(String path) {
    answer();
    return super.newOutputFile(path);
  }
}
