package io.tidemark.job.append;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** The reports of one checkpoint, until they are committed. */
record Pending(long checkpoint, List<LiveReport> reports) {
  Pending {
    reports = List.copyOf(reports);
  }

  byte[] toBytes() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeLong(checkpoint);
      out.writeInt(reports.size());
      for (LiveReport report : reports) {
        byte[] one = report.toBytes();
        out.writeInt(one.length);
        out.write(one);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  static Pending decode(byte[] bytes) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      long checkpoint = in.readLong();
      int count = in.readInt();
      List<LiveReport> reports = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        reports.add(LiveReport.decode(in.readNBytes(in.readInt())));
      }
      return new Pending(checkpoint, reports);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
