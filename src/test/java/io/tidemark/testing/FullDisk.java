package io.tidemark.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.io.OutputFile;
import org.apache.iceberg.io.PositionOutputStream;

/** A file that can be named and read, and no longer written: there is no space left. */
public record FullDisk(OutputFile real) implements OutputFile {
  @Override
  public PositionOutputStream create() {
    throw new UncheckedIOException(new IOException("No space left on device"));
  }

  @Override
  public PositionOutputStream createOrOverwrite() {
    return create();
  }

  @Override
  public String location() {
    return real.location();
  }

  @Override
  public InputFile toInputFile() {
    return real.toInputFile();
  }
}
