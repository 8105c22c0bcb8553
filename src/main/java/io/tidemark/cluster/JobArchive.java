package io.tidemark.cluster;

import io.tidemark.model.Fingerprint;
import io.tidemark.model.JobSpec;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.Transform;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/**
 * The jar that a session cluster is given: the job jar, with the classes of a Java transform added
 * to it, since a cluster sees none of our folders. Equal content gives an equal name.
 */
final class JobArchive {
  private final Path jobJar;

  JobArchive(Path jobJar) {
    this.jobJar = jobJar;
  }

  /** A jar as it is uploaded. */
  record Packed(String name, byte[] content) {}

  /**
   * @param extra jars and folders with the classes of Java transforms
   */
  Packed pack(List<Path> extra) {
    try {
      byte[] content = extra.isEmpty() ? Files.readAllBytes(jobJar) : merged(extra);
      return new Packed("tidemark-job-" + hash(content) + ".jar", content);
    } catch (IOException | UncheckedIOException e) {
      throw TidemarkException.user(
          List.of(
              Problem.of(
                  "TM-CLUSTER-003",
                  "cannot read the job jar " + jobJar + " or the classpath of a transform: " + e,
                  "the session cluster runs what is uploaded to it",
                  "build the project, or mend 'jobJar' in the environment file")));
    }
  }

  /** Where the classes of a job's Java transform are. */
  static List<Path> classes(JobSpec job) {
    return job instanceof JobSpec.Build build ? classes(Stream.of(build.transform())) : List.of();
  }

  /** Where the classes of a streaming job's Java transforms are. */
  static List<Path> classes(LiveSpec job) {
    return classes(job.tasks().stream().map(LiveSpec.Task::transform));
  }

  private static List<Path> classes(Stream<Transform> transforms) {
    return transforms
        .flatMap(
            t ->
                t.logic() instanceof Transform.JavaClass java
                    ? java.classpath().stream()
                    : Stream.<String>empty())
        .distinct()
        .map(Path::of)
        .toList();
  }

  /** The same for a cluster that sees the same files. */
  static List<URL> urls(List<Path> classes) {
    return classes.stream().map(JobArchive::url).toList();
  }

  private static URL url(Path path) {
    try {
      return path.toUri().toURL();
    } catch (MalformedURLException e) {
      throw new IllegalStateException("[BUG] no URL for a path: " + path, e);
    }
  }

  private byte[] merged(List<Path> extra) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Set<String> seen = new HashSet<>();
    try (ZipOutputStream out = new ZipOutputStream(bytes)) {
      copyJar(jobJar, out, seen);
      for (Path path : extra) {
        if (Files.isDirectory(path)) {
          copyFolder(path, out, seen);
        } else {
          copyJar(path, out, seen);
        }
      }
    }
    return bytes.toByteArray();
  }

  private static void copyJar(Path jar, ZipOutputStream out, Set<String> seen) throws IOException {
    try (ZipInputStream in = new ZipInputStream(Files.newInputStream(jar))) {
      for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        if (!entry.isDirectory() && seen.add(entry.getName())) {
          put(entry.getName(), in, out);
        }
      }
    }
  }

  private static void copyFolder(Path folder, ZipOutputStream out, Set<String> seen)
      throws IOException {
    List<Path> files = new ArrayList<>();
    try (Stream<Path> walk = Files.walk(folder)) {
      walk.filter(Files::isRegularFile).sorted().forEach(files::add);
    }
    for (Path file : files) {
      String name = folder.relativize(file).toString().replace('\\', '/');
      if (seen.add(name)) {
        try (InputStream in = Files.newInputStream(file)) {
          put(name, in, out);
        }
      }
    }
  }

  private static void put(String name, InputStream in, ZipOutputStream out) throws IOException {
    ZipEntry entry = new ZipEntry(name);
    // A fixed time: equal classes must give equal bytes.
    entry.setTime(0);
    out.putNextEntry(entry);
    in.transferTo(out);
    out.closeEntry();
  }

  private static String hash(byte[] content) {
    return Fingerprint.ofBytes(content).hex().substring(0, 32);
  }
}
