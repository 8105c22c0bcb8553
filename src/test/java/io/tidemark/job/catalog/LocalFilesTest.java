package io.tidemark.job.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsPermission;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalFilesTest {
  @TempDir private java.nio.file.Path dir;

  @Test
  void hadoopFindsItAndFilesGetTheirPermissions() throws IOException {
    FileSystem files = FileSystem.get(URI.create("file:///"), LocalFiles.configuration());
    assertThat(files).isInstanceOf(LocalFiles.class);
    Path path = new Path(dir.resolve("a b.txt").toString());
    try (OutputStream out = files.create(path)) {
      out.write(7);
    }
    assertThat(Files.readAllBytes(dir.resolve("a b.txt"))).containsExactly(7);

    files.setPermission(path, new FsPermission((short) 0640));

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(dir.resolve("a b.txt"))))
        .isEqualTo("rw-r-----");
    assertThat(files.getFileStatus(path).getPermission().toShort()).isEqualTo((short) 0640);
  }
}
