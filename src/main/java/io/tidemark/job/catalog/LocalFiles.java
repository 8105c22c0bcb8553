package io.tidemark.job.catalog;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;

/**
 * Hadoop's local file system, but for permissions: without Hadoop's native library it starts a
 * {@code chmod} process for every file it creates, which is most of the time that a small data or
 * metadata file takes. Loaded by Hadoop by name.
 */
public final class LocalFiles extends LocalFileSystem {
  public LocalFiles() {
    super(new Raw());
  }

  /** A configuration that uses this for {@code file:} locations. */
  public static Configuration configuration() {
    Configuration configuration = new Configuration();
    configuration.setClassLoader(LocalFiles.class.getClassLoader());
    configuration.set("fs.file.impl", LocalFiles.class.getName());
    // Hadoop's cache would outlive the job's class loader on a session cluster.
    configuration.setBoolean("fs.file.impl.disable.cache", true);
    return configuration;
  }

  private static final class Raw extends RawLocalFileSystem {
    @Override
    public void setPermission(Path path, FsPermission permission) throws IOException {
      PosixFileAttributeView view =
          Files.getFileAttributeView(pathToFile(path).toPath(), PosixFileAttributeView.class);
      if (view == null || permission.getStickyBit()) {
        super.setPermission(path, permission);
        return;
      }
      String text =
          permission.getUserAction().SYMBOL
              + permission.getGroupAction().SYMBOL
              + permission.getOtherAction().SYMBOL;
      view.setPermissions(PosixFilePermissions.fromString(text));
    }
  }
}
