package io.tidemark.job;

import java.io.File;
import java.net.MalformedURLException;
import java.net.URL;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** The jars of a Java transform, as Flink ships them to its tasks. */
final class TransformJars {
  private TransformJars() {}

  /** The jars that were attached to an environment. */
  static List<URL> of(StreamExecutionEnvironment env) {
    List<URL> urls = new ArrayList<>();
    for (String jar : env.getConfiguration().getOptional(PipelineOptions.JARS).orElse(List.of())) {
      try {
        urls.add(jar.startsWith("file:") ? new URL(jar) : new File(jar).toURI().toURL());
      } catch (MalformedURLException e) {
        throw new IllegalArgumentException("Cannot read jar location '" + jar + "'", e);
      }
    }
    return urls;
  }
}
