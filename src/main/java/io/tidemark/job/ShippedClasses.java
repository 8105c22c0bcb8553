package io.tidemark.job;

import io.tidemark.model.JobSpec;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Transform;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * Sends the classes of a Java transform to the cluster with a job that a person submits: Flink
 * uploads the job jar alone, and the cluster sees none of this machine's folders.
 */
final class ShippedClasses {
  private ShippedClasses() {}

  /** Adds the transform's jars and folders to what is uploaded; those that are not here are not. */
  static void ship(JobSpec.Build spec, StreamExecutionEnvironment env) {
    ship(Stream.of(spec.transform()), env);
  }

  /** The same for all transforms of a live job. */
  static void ship(LiveSpec spec, StreamExecutionEnvironment env) {
    ship(spec.tasks().stream().map(LiveSpec.Task::transform), env);
  }

  private static void ship(Stream<Transform> transforms, StreamExecutionEnvironment env) {
    List<String> entries = new ArrayList<>();
    transforms.forEach(
        t -> {
          if (t.logic() instanceof Transform.JavaClass java) {
            entries.addAll(java.classpath());
          }
        });
    if (entries.isEmpty()) {
      return;
    }
    Set<String> jars =
        new LinkedHashSet<>(
            env.getConfiguration().getOptional(PipelineOptions.JARS).orElse(List.of()));
    for (String entry : entries) {
      Path path = Path.of(entry);
      if (Files.isDirectory(path)) {
        jars.add(url(packed(path)));
      } else if (Files.exists(path)) {
        jars.add(url(path));
      }
    }
    Configuration shipped = new Configuration();
    shipped.set(PipelineOptions.JARS, List.copyOf(jars));
    env.configure(shipped);
  }

  private static String url(Path path) {
    try {
      return path.toUri().toURL().toString();
    } catch (MalformedURLException e) {
      throw new IllegalStateException("[BUG] no URL for a path: " + path, e);
    }
  }

  /** Only jars are uploaded. */
  private static Path packed(Path folder) {
    try {
      Path jar = Files.createTempFile("tidemark-classes-", ".jar");
      jar.toFile().deleteOnExit();
      List<Path> files = new ArrayList<>();
      try (Stream<Path> walk = Files.walk(folder)) {
        walk.filter(Files::isRegularFile).sorted().forEach(files::add);
      }
      try (OutputStream file = Files.newOutputStream(jar);
          JarOutputStream out = new JarOutputStream(file)) {
        for (Path path : files) {
          out.putNextEntry(new JarEntry(folder.relativize(path).toString().replace('\\', '/')));
          Files.copy(path, out);
          out.closeEntry();
        }
      }
      return jar;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
