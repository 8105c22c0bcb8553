package io.tidemark.spec.bytecode;

import io.tidemark.model.Fingerprint;
import io.tidemark.spec.yaml.Located;
import io.tidemark.spec.yaml.Problems;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Reads Java transforms as byte code, without loading them: which classes of the declared classpath
 * they reach, the hash of these, and what in the methods that may run is not deterministic. Classes
 * of the JDK, of Flink and of Tidemark are not followed; neither is reflection by a name in a text.
 */
public final class JavaAnalyzer {
  private static final String CONTRACT = "io/tidemark/sdk/Transform";
  private static final List<String> BOUNDARY =
      List.of("java/", "javax/", "jdk/", "sun/", "org/apache/flink/", "io/tidemark/sdk/");

  private final Problems problems;

  /**
   * @param problems gets what is wrong with a transform's classes
   */
  public JavaAnalyzer(Problems problems) {
    this.problems = problems;
  }

  /**
   * The text that stands for the logic; empty if the class cannot be used.
   *
   * @param className as {@link Class#getName} gives it
   * @param classpath jars and folders of classes
   */
  public Optional<String> logic(Located<String> className, List<Located<Path>> classpath) {
    int before = problems.count();
    try (ClassPath path = ClassPath.open(classpath, problems)) {
      if (classpath.isEmpty()) {
        problems.add(
            className.where(),
            "TM-JAVA-003",
            "class '" + className.value() + "' has no classpath",
            "its jars or folders travel with the job",
            "add 'classpath:' with paths from the project's folder");
      }
      if (problems.count() > before) {
        return Optional.empty();
      }
      Map<String, ClassFacts> reached = reach(className, path);
      if (problems.count() == before) {
        check(className, reached);
      }
      return problems.count() == before ? Optional.of(text(className, reached)) : Optional.empty();
    } catch (IOException e) {
      problems.add(
          className.where(),
          "TM-JAVA-002",
          "the classpath cannot be read",
          Problems.reason(e),
          "build it again");
      return Optional.empty();
    }
  }

  private Map<String, ClassFacts> reach(Located<String> className, ClassPath path)
      throws IOException {
    Map<String, ClassFacts> reached = new TreeMap<>();
    Deque<String> open = new ArrayDeque<>(List.of(internal(className)));
    while (!open.isEmpty()) {
      String name = open.removeFirst();
      if (reached.containsKey(name) || BOUNDARY.stream().anyMatch(name::startsWith)) {
        continue;
      }
      Optional<byte[]> bytes = path.find(name);
      if (bytes.isPresent()) {
        try {
          ClassFacts facts = ClassFacts.read(bytes.get());
          reached.put(name, facts);
          open.addAll(facts.references());
        } catch (RuntimeException e) {
          problems.add(
              className.where(),
              "TM-JAVA-002",
              "the class file of '" + name.replace('/', '.') + "' cannot be read",
              String.valueOf(e.getMessage()),
              "compile it again, for Java 17");
        }
      }
    }
    return reached;
  }

  private void check(Located<String> className, Map<String, ClassFacts> reached) {
    ClassFacts root = reached.get(internal(className));
    if (root == null) {
      problems.add(
          className.where(),
          "TM-JAVA-004",
          "class '" + className.value() + "' is not on its classpath",
          "",
          "build it, or correct the name; a nested class is written Outer$Inner");
      return;
    }
    if (!isTransform(internal(className), reached)) {
      problems.add(
          className.where(),
          "TM-JAVA-005",
          "class '" + className.value() + "' does not implement io.tidemark.sdk.Transform",
          "that is what Tidemark calls",
          "implement it");
    } else if (!root.constructor()) {
      problems.add(
          className.where(),
          "TM-JAVA-006",
          "class '" + className.value() + "' cannot be made by Tidemark",
          "",
          "make it a public class that is not abstract, with a public constructor without"
              + " arguments");
    }
    for (ClassFacts.Unstable call : new CallGraph(reached).unstable(internal(className))) {
      problems.add(
          className.where(),
          "TM-JAVA-007",
          call.where() + " calls " + call.call() + ", which is not deterministic",
          "a slice that is recomputed would differ although nothing changed",
          "take the value from an input column, or from event time");
    }
  }

  private static boolean isTransform(String name, Map<String, ClassFacts> reached) {
    if (name.equals(CONTRACT)) {
      return true;
    }
    ClassFacts facts = reached.get(name);
    return facts != null && facts.parents().stream().anyMatch(p -> isTransform(p, reached));
  }

  private static String internal(Located<String> className) {
    return className.value().replace('.', '/');
  }

  private static String text(Located<String> className, Map<String, ClassFacts> reached) {
    List<String> parts = new ArrayList<>(List.of(className.value()));
    reached.forEach(
        (name, facts) -> {
          parts.add(name);
          parts.add(facts.hash().hex());
        });
    return Fingerprint.of(parts.toArray(String[]::new)).hex();
  }
}
