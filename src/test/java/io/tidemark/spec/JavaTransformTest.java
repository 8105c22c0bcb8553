package io.tidemark.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tidemark.model.Analysis;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Graph;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.Transform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Transforms compiled here, read as byte code. */
class JavaTransformTest {
  private static final String PIPELINE =
      """
      name: code
      datasets:
        events:
          table: db.events
          kind: source
          schema: {id: BIGINT NOT NULL, ts: TIMESTAMP(6), a: INT}
          event_time: ts
          partition: P1D
        one:
          table: db.one
          kind: derived
          schema: {id: BIGINT NOT NULL, x: INT}
          key: [id]
        two: {table: db.two, kind: derived, schema: {id: BIGINT NOT NULL, x: INT}, key: [id]}
      transforms:
        one: {class: acme.One, classpath: [classes], inputs: [events]}
        two: {class: acme.Two, classpath: [classes], inputs: [one]}
      """;

  private static final String ONE =
      """
      package acme;
      import io.tidemark.sdk.*;
      import org.apache.flink.table.api.Table;
      public class One implements Transform {
        public Table apply(TransformContext c) {
          return c.input("events").select(HELPERS);
        }
        static final org.apache.flink.table.api.ApiExpression[] HELPERS = {Shared.id(), Only.x()};
      }
      """;

  private static final String TWO =
      """
      package acme;
      import io.tidemark.sdk.*;
      import org.apache.flink.table.api.Table;
      public class Two extends Parent {
        public Table apply(TransformContext c) { return c.input("one").select(Shared.id()); }
      }
      """;

  private static final String PARENT =
      "package acme; public abstract class Parent implements io.tidemark.sdk.Transform {}";

  private static final String SHARED =
      """
      package acme;
      import static org.apache.flink.table.api.Expressions.$;
      class Shared {
        static org.apache.flink.table.api.ApiExpression id() { return $("id"); }
      }
      """;

  private static final String ONLY =
      """
      package acme;
      import static org.apache.flink.table.api.Expressions.$;
      class Only {
        static org.apache.flink.table.api.ApiExpression x() { return Deep.x(); }
        static class Deep {
          static org.apache.flink.table.api.ApiExpression x() { return $("a").plus(1).as("x"); }
        }
      }
      """;

  private static final String UNUSED = "package acme; class Unused { int x = 1; }";

  @TempDir Path project;
  private final Map<String, String> sources = new TreeMap<>();

  @BeforeEach
  void project() throws IOException {
    Files.createDirectories(project.resolve("jobs/code"));
    Files.writeString(project.resolve("jobs/code/pipeline.yaml"), PIPELINE);
    sources.putAll(
        Map.of(
            "One", ONE, "Two", TWO, "Parent", PARENT, "Shared", SHARED, "Only", ONLY, "Unused",
            UNUSED));
  }

  @Test
  void aTransformReadsAllOfItsInputsAndCannotBeTakenApart() throws IOException {
    Analysis one = read().get("one");

    assertThat(one.reads()).hasToString("{events=[a, id, ts]}");
    assertThat(one.columns()).isEmpty();
    assertThat(one.lineage().get("x")).hasToString("[events.a, events.id, events.ts]");
  }

  @Test
  void commentsFormattingAndDebugInformationChangeNothing() throws IOException {
    Map<String, Analysis> before = read();
    sources.put("Only", "// a remark\n\n\n" + ONLY.replace("{ return", "{\n\n /* x */ return"));

    assertThat(read()).isEqualTo(before);
    assertThat(read("-g:none")).isEqualTo(before);
    assertThat(read("-g")).isEqualTo(before);
  }

  @ParameterizedTest
  @CsvSource({
    "Only, plus(1), plus(2), one",
    "Only, $(\"a\"), $(\"ts\"), one",
    "Only, .plus(1), , one",
    "One, input(\"events\"), input(\"event\"), one",
    "Parent, {}, {int x = 1;}, two",
    "Shared, $(\"id\"), $(\"ID\"), one+two",
    "Unused, x = 1, x = 2, ''",
  })
  void anEditMarksExactlyTheTransformsThatReachIt(
      String source, String from, String to, String marked) throws IOException {
    Map<String, Analysis> before = read();
    assertThat(sources.get(source)).contains(from);
    sources.put(source, sources.get(source).replace(from, to == null ? "" : to));

    Map<String, Analysis> after = read();

    List<String> changed =
        Stream.of("one", "two")
            .filter(t -> !after.get(t).fingerprint().equals(before.get(t).fingerprint()))
            .toList();
    assertThat(String.join("+", changed)).isEqualTo(marked);
  }

  @Test
  void aJarAndAFolderOfTheSameClassesAreTheSameCode() throws IOException {
    Map<String, Analysis> before = read();
    Path jar = project.resolve("classes.jar");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(jar));
        Stream<Path> files = Files.walk(project.resolve("classes"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        zip.putNextEntry(new ZipEntry(project.resolve("classes").relativize(file).toString()));
        zip.write(Files.readAllBytes(file));
      }
    }
    edit("[classes]", "[classes.jar]");

    assertThat(analyses()).isEqualTo(before);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "System.currentTimeMillis() | System.currentTimeMillis()",
        "System.nanoTime() | System.nanoTime()",
        "java.time.Instant.now() | Instant.now()",
        "java.time.LocalDate.now() | LocalDate.now()",
        "java.time.Clock.systemUTC() | Clock.systemUTC()",
        "Math.random() | Math.random()",
        "new java.util.Random() | new Random()",
        "new java.util.Date() | new Date()",
        "new java.security.SecureRandom() | new SecureRandom()",
        "java.util.UUID.randomUUID() | UUID.randomUUID()",
        "java.util.concurrent.ThreadLocalRandom.current() | ThreadLocalRandom.current()",
        "(java.util.function.Supplier<?>) java.time.Instant::now | Instant.now()",
        "org.apache.flink.table.api.Expressions.rand() | Expressions.rand()",
        "((org.apache.flink.streaming.api.TimerService) null).currentProcessingTime()"
            + " | TimerService.currentProcessingTime()",
        "org.apache.flink.streaming.api.windowing.assigners.TumblingProcessingTimeWindows"
            + ".of(java.time.Duration.ofDays(1)) | TumblingProcessingTimeWindows.of()",
      })
  void whatDiffersFromRunToRunIsNamedWithItsPlace(String expression, String call)
      throws IOException {
    sources.put(
        "Shared",
        SHARED
            .replace(
                "class Shared {",
                "class Shared {\n  static Object o() {\n    return " + expression + ";\n  }\n")
            .replace("{ return $", "{ o(); return $"));

    assertThat(problems())
        .containsExactly(
            "jobs/code/pipeline.yaml:16:16: TM-JAVA-007: acme.Shared.o:5 calls "
                + call
                + ", which is not deterministic",
            "jobs/code/pipeline.yaml:17:16: TM-JAVA-007: acme.Shared.o:5 calls "
                + call
                + ", which is not deterministic");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "new java.util.Random(7)",
        "new java.util.Date(0)",
        "java.time.Instant.now(java.time.Clock.fixed(java.time.Instant.EPOCH,"
            + " java.time.ZoneOffset.UTC))",
        "java.time.Instant.parse(\"2020-01-01T00:00:00Z\")",
      })
  void whatIsSeededOrFixedIsFine(String expression) throws IOException {
    sources.put(
        "Shared",
        SHARED.replace(
            "class Shared {", "class Shared { static Object o() { return " + expression + "; }"));

    assertThat(read()).containsOnlyKeys("one", "two");
  }

  /** Each is added to a class that both transforms use, which calls {@code id()} alone. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a method that nobody calls | static long o() { return System.nanoTime(); } |",
        "a chain that nobody enters | static long o() { return p(); }"
            + " static long p() { return System.nanoTime(); } |",
        "a lambda that nobody makes"
            + " | static Runnable o() { return () -> System.nanoTime(); } |",
        "an object that nobody makes | static class O implements Runnable {"
            + " public void run() { System.nanoTime(); } } |",
        "a method of a made object that nothing outside knows"
            + " | static Object o = new O(); static class O {"
            + " public void tick() { System.nanoTime(); } } |",
      })
  void whatCannotRunMayUseTheClock(String name, String code, String ignored) throws IOException {
    sources.put("Shared", SHARED.replace("class Shared {", "class Shared { " + code));

    assertThat(read()).as(name).containsOnlyKeys("one", "two");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "static initialiser | static long o = System.nanoTime(); |",
        "called through another | static long o() { return p(); }"
            + " static long p() { return System.nanoTime(); } | o();",
        "called on itself | long o() { return System.nanoTime(); } | new Shared().o();",
        "lambda | static Runnable o() { return () -> System.nanoTime(); } | o();",
        "lambda within a lambda | static Object o() { Runnable r = () -> {"
            + " Runnable s = () -> System.nanoTime(); }; return r; } | o();",
        "method reference | static void p() { System.nanoTime(); }"
            + " static Runnable o() { return Shared::p; } | o();",
        "constructor | static class O { O() { System.nanoTime(); } } | new O();",
        "constructor by reference | static class O { O() { System.nanoTime(); } }"
            + " static java.util.function.Supplier<O> o() { return O::new; } | o();",
        "called back by the JDK | static class O implements Runnable {"
            + " public void run() { System.nanoTime(); } } | new Thread(new O());",
        "called back by Flink, through a bridge | static class O implements"
            + " org.apache.flink.api.common.functions.MapFunction<String, Long> {"
            + " public Long map(String s) { return System.nanoTime(); } } | new O();",
        "inherited and called back | static class P { public void run() { System.nanoTime(); } }"
            + " static class O extends P implements Runnable {} | new O();",
        "overriding | static class P { long t() { return 0; } } static class O extends P {"
            + " long t() { return System.nanoTime(); } } static P make() { return new O(); }"
            + " | make().t();",
        "through an interface of its own | interface P { long t(); } static class O implements P {"
            + " public long t() { return System.nanoTime(); } } static P make() { return new O(); }"
            + " | make().t();",
        "inherited, behind an interface | interface P { long t(); } static class Q {"
            + " public long t() { return System.nanoTime(); } }"
            + " static class O extends Q implements P {} static P make() { return new O(); }"
            + " | make().t();",
        "inherited, beside an interface | interface P { long t(); } static class Q {"
            + " public long t() { return System.nanoTime(); } }"
            + " static class O extends Q implements P {} | new O().t();",
        "called back through what a lambda is | interface P extends"
            + " java.util.function.Supplier<Object> { long t(); default Object get() {"
            + " return System.nanoTime(); } } static Object o() { P p = () -> 1L; return p; }"
            + " | o();",
        "default method | interface P { default long t() { return System.nanoTime(); } }"
            + " static class O implements P {} | new O().t();",
        "initialised by the parent | static class P { static long l = System.nanoTime(); }"
            + " static class O extends P { static int x = 1; } | int i = O.x;",
        "handed on by name | static class O { public O() { System.nanoTime(); } }"
            + " | Class<?> c = O.class;",
        "equals | static class O { public int hashCode() { return (int) System.nanoTime(); } }"
            + " | new java.util.HashSet<Object>().add(new O());",
        "deserialised | static class O implements java.io.Serializable {"
            + " private Object readResolve() { System.nanoTime(); return this; } } | new O();",
      })
  void whatMayRunMustNot(String name, String code, String call) throws IOException {
    sources.put(
        "Shared",
        SHARED
            .replace("class Shared {", "class Shared { " + code)
            .replace("{ return $", "{ " + (call == null ? "" : call) + " return $"));

    assertThat(problems()).as(name).hasSize(2).allMatch(p -> p.contains("System.nanoTime()"));
  }

  @Test
  void aMethodThatCannotRunStillCountsForTheFingerprint() throws IOException {
    Map<String, Analysis> before = read();
    sources.put(
        "Shared", SHARED.replace("class Shared {", "class Shared { static int o() { return 1; }"));

    assertThat(read().get("one").fingerprint()).isNotEqualTo(before.get("one").fingerprint());
  }

  @Test
  void aClassOutOfReachMayUseTheClock() throws IOException {
    sources.put("Unused", "package acme; class Unused { long x = System.nanoTime(); }");

    assertThat(read()).containsOnlyKeys("one", "two");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "acme.One | acme.Onne | TM-JAVA-004: class 'acme.Onne' is not on its classpath",
        "acme.One | acme.Shared"
            + " | TM-JAVA-005: class 'acme.Shared' does not implement io.tidemark.sdk.Transform",
        "acme.Two | acme.Parent | TM-JAVA-006: class 'acme.Parent' cannot be made by Tidemark",
        "[classes] | [none] | TM-JAVA-001: the classpath entry does not exist",
        "[classes] | [broken.jar] | TM-JAVA-002: the jar cannot be read",
        "[classes] | [broken] | TM-JAVA-002: the class file of 'acme.One' cannot be read",
        "classpath: [classes], | '' | TM-JAVA-003: class 'acme.One' has no classpath",
        "schema: {id: BIGINT NOT NULL, x: INT} | owner: me"
            + " | TM-JAVA-008: dataset 'one' declares no schema",
      })
  void whatCannotRunIsRefused(String from, String to, String problem) throws IOException {
    Files.writeString(project.resolve("broken.jar"), "no zip");
    Files.createDirectories(project.resolve("broken/acme"));
    Files.write(project.resolve("broken/acme/One.class"), new byte[] {1, 2, 3, 4, 5, 6, 7, 8});
    edit(from, to.equals("''") ? "" : to);

    assertThat(problems()).anySatisfy(p -> assertThat(p).endsWith(problem));
  }

  @ParameterizedTest
  @CsvSource({
    "public class One, class One",
    "HELPERS);, HELPERS); } private One() {",
    "HELPERS);, HELPERS); } public One(int x) {",
  })
  void whatCannotBeMadeIsRefused(String from, String to) throws IOException {
    sources.put("One", ONE.replace(from, to));

    assertThat(problems())
        .containsExactly(
            "jobs/code/pipeline.yaml:16:16: TM-JAVA-006: class 'acme.One' cannot be made by"
                + " Tidemark");
  }

  private void edit(String from, String to) throws IOException {
    Path file = project.resolve("jobs/code/pipeline.yaml");
    assertThat(Files.readString(file)).contains(from);
    Files.writeString(file, Files.readString(file).replace(from, to));
  }

  private Map<String, Analysis> read(String... options) throws IOException {
    compile(options);
    return analyses();
  }

  private Map<String, Analysis> analyses() {
    Graph graph = ProjectReader.read(project);
    Map<String, Analysis> analyses = new TreeMap<>();
    for (String name : List.of("one", "two")) {
      Transform transform = graph.transformOf(DatasetId.of(name)).orElseThrow();
      assertThat(transform.logic()).isInstanceOf(Transform.JavaClass.class);
      analyses.put(name, transform.analysis());
    }
    return analyses;
  }

  private List<String> problems() throws IOException {
    compile();
    return catchThrowableOfType(TidemarkException.class, () -> ProjectReader.read(project))
        .problems()
        .stream()
        .map(Object::toString)
        .toList();
  }

  private void compile(String... options) throws IOException {
    Path folder = Files.createDirectories(project.resolve("src"));
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "-proc:none",
                "-nowarn",
                "-cp",
                System.getProperty("java.class.path"),
                "-d",
                Files.createDirectories(project.resolve("classes")).toString()));
    arguments.addAll(List.of(options));
    for (Map.Entry<String, String> source : sources.entrySet()) {
      Path file = folder.resolve(source.getKey() + ".java");
      Files.writeString(file, source.getValue());
      arguments.add(file.toString());
    }
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    assertThat(compiler.run(null, null, null, arguments.toArray(String[]::new))).isZero();
  }
}
