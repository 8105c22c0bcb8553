package io.tidemark.lake.setup;

import io.tidemark.lake.refs.Tables;
import io.tidemark.lake.refs.Trouble;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.TableRef;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.io.OutputFile;

/** Documents beside a table's metadata, that jobs and control leave to each other. */
public final class Documents {
  private final Tables tables;

  public Documents(Tables tables) {
    this.tables = tables;
  }

  /** What it says; empty if there is none. */
  public Optional<String> read(TableRef ref, String path) {
    return Trouble.explain(
        ref,
        "reading a document",
        () -> {
          InputFile file = tables.load(ref).io().newInputFile(path);
          if (!file.exists()) {
            return Optional.empty();
          }
          try (InputStream in = file.newStream()) {
            return Optional.of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  /** In place of one that is there. */
  public void write(TableRef ref, String path, String text) {
    Trouble.explain(
        ref,
        "writing a document",
        () -> {
          OutputFile file = tables.load(ref).io().newOutputFile(path);
          try (OutputStream out = file.createOrOverwrite()) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  /** Does nothing if there is none. */
  public void delete(TableRef ref, String path) {
    Trouble.explain(
        ref,
        "deleting a document",
        () -> {
          InputFile file = tables.load(ref).io().newInputFile(path);
          if (file.exists()) {
            tables.load(ref).io().deleteFile(file);
          }
        });
  }

  /** Where one of this name lies for a table. */
  public String path(TableRef ref, String name) {
    return Trouble.explain(
        ref,
        "naming a document",
        () -> {
          String safe = name.replaceAll("[^A-Za-z0-9._-]", "-");
          String unique =
              safe.equals(name) ? safe : Fingerprint.of(name).abbreviated() + "-" + safe;
          return tables.load(ref).location() + "/metadata/tidemark/" + unique;
        });
  }
}
