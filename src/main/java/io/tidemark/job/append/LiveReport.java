package io.tidemark.job.append;

import io.tidemark.model.DatasetId;
import io.tidemark.model.LiveMark;
import io.tidemark.model.RecordJson;
import io.tidemark.model.Stamp;
import io.tidemark.model.TableRef;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.flink.util.InstantiationUtil;
import org.apache.iceberg.DataFile;

/**
 * What one subtask of a live job tells the committer, just before a checkpoint's barrier. With
 * aligned checkpoints the committer then has the reports of all subtasks when it takes part in the
 * checkpoint itself. Immutable.
 */
public sealed interface LiveReport {
  /** Rises when the written form changes. */
  int VERSION = 1;

  /**
   * From a decoder: what it saw since its last report.
   *
   * @param checkpoint the one that follows
   * @param partitions by number; only those that moved
   */
  record Taken(DatasetId source, long checkpoint, SortedMap<Integer, LiveMark.Range> partitions)
      implements LiveReport {
    public Taken {
      Objects.requireNonNull(source, "source");
      partitions = Collections.unmodifiableSortedMap(new TreeMap<>(partitions));
    }
  }

  /**
   * From a gate: what it let through since its last report.
   *
   * @param task the transform's output
   * @param checkpoint the one that follows
   * @param taken rows that the transform was given
   * @param late rows that it was not given
   * @param openFrom the first slice that is open for the gate, in the task's slice grain; empty if
   *     none has closed yet
   * @param doubts open slices that rows were kept from
   */
  record Gated(
      DatasetId task,
      long checkpoint,
      long taken,
      long late,
      Optional<Long> openFrom,
      List<LiveMark.Doubt> doubts)
      implements LiveReport {
    public Gated {
      Objects.requireNonNull(task, "task");
      Objects.requireNonNull(openFrom, "openFrom");
      doubts = List.copyOf(doubts);
    }
  }

  /**
   * From a reader of history, once, at its end.
   *
   * @param subtask of the reader
   * @param subtasks how many readers there are
   */
  record HistoryEnded(DatasetId source, int subtask, int subtasks) implements LiveReport {}

  /**
   * From a writer: the files that it wrote since its last report.
   *
   * @param rows in the files
   * @param slices what was written per slice; empty for a table without slices
   * @param strays rows for closed slices, which were dropped
   * @param openFrom the first slice that rows may still come for; empty if that is any
   */
  record Written(
      TableRef table,
      long rows,
      List<Stamp.SliceDigest> slices,
      List<Stray> strays,
      Optional<Long> openFrom,
      List<DataFile> files)
      implements LiveReport {
    public Written {
      Objects.requireNonNull(table, "table");
      slices = List.copyOf(slices);
      strays = List.copyOf(strays);
      Objects.requireNonNull(openFrom, "openFrom");
      files = List.copyOf(files);
    }
  }

  /**
   * From who watches a followed table: what closed there since the last report.
   *
   * @param steps in order
   */
  record Followed(DatasetId source, List<Step> steps) implements LiveReport {
    public Followed {
      Objects.requireNonNull(source, "source");
      steps = List.copyOf(steps);
    }
  }

  /**
   * From one snapshot of a followed table to a newer one.
   *
   * @param snapshot the newer one
   * @param from ordinal of the first slice that was open before; the least long if none had closed
   * @param to of the first that is open now
   * @param rows of the slices between; empty if that takes reading
   */
  record Step(long snapshot, long from, long to, Optional<Long> rows) {}

  /** From a reader of a followed table: how many rows it read since the last report. */
  record Scanned(DatasetId source, long rows) implements LiveReport {}

  /** Rows for one closed slice. */
  record Stray(long ordinal, long rows) {}

  /** This report as it travels, and as it is kept in checkpoints. */
  default byte[] toBytes() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeByte(VERSION);
      boolean written = this instanceof Written;
      Object told = written ? WrittenHead.of((Written) this) : this;
      byte[] json =
          RecordJson.write(told, written ? WrittenHead.class : LiveReport.class)
              .getBytes(StandardCharsets.UTF_8);
      out.writeBoolean(written);
      out.writeInt(json.length);
      out.write(json);
      if (this instanceof Written w) {
        out.write(InstantiationUtil.serializeObject(new ArrayList<>(w.files)));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /**
   * Reads what {@link #toBytes} wrote.
   *
   * @throws IllegalArgumentException if it is of another version
   */
  static LiveReport decode(byte[] bytes) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      int version = in.readByte();
      if (version != VERSION) {
        throw new IllegalArgumentException("Cannot read a report of version " + version);
      }
      boolean written = in.readBoolean();
      String json = new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
      if (!written) {
        return RecordJson.read(json, LiveReport.class);
      }
      List<DataFile> files =
          InstantiationUtil.deserializeObject(in.readAllBytes(), LiveReport.class.getClassLoader());
      return RecordJson.read(json, WrittenHead.class).with(files);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException("[BUG] no class of a report", e);
    }
  }

  /** What JSON can say of a {@link Written}. */
  record WrittenHead(
      TableRef table,
      long rows,
      List<Stamp.SliceDigest> slices,
      List<Stray> strays,
      Optional<Long> openFrom) {
    static WrittenHead of(Written w) {
      return new WrittenHead(w.table, w.rows, w.slices, w.strays, w.openFrom);
    }

    Written with(List<DataFile> files) {
      return new Written(table, rows, slices, strays, openFrom, files);
    }
  }
}
