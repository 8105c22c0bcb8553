package io.tidemark.model.version;

import io.tidemark.model.Fingerprint;
import io.tidemark.model.JobSpec;
import io.tidemark.model.LiveSpec;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The version of job orders: the release, as far as the jar says it, and a digest over every type
 * that an order consists of. A job jar of another version may read an order as something else.
 *
 * @param release empty where classes come from no jar
 * @param digest over names and types of all that orders hold
 */
public record OrderVersion(String release, String digest) {

  /** Of the classes that ask. */
  public static OrderVersion own() {
    return new OrderVersion(
        Optional.ofNullable(OrderVersion.class.getPackage().getImplementationVersion()).orElse(""),
        Fingerprint.of(shape(List.of(JobSpec.class, LiveSpec.class))).abbreviated());
  }

  /**
   * @throws IllegalArgumentException if it is none
   */
  public static OrderVersion parse(String text) {
    int at = text.indexOf('/');
    if (at < 0) {
      throw new IllegalArgumentException("Cannot read '" + text + "' as a version of orders");
    }
    return new OrderVersion(text.substring(0, at), text.substring(at + 1));
  }

  /** Whether both read the same orders. A release that is not known is not held against anybody. */
  public boolean matches(OrderVersion other) {
    return digest.equals(other.digest)
        && (release.isEmpty() || other.release.isEmpty() || release.equals(other.release));
  }

  /** For messages and arguments; {@link #parse} reads it. */
  @Override
  public String toString() {
    return release + "/" + digest;
  }

  /** Every type that these consist of, with the names and types of its parts. */
  static String shape(List<Class<?>> roots) {
    TreeMap<String, String> shapes = new TreeMap<>();
    Deque<Class<?>> left = new ArrayDeque<>(roots);
    while (!left.isEmpty()) {
      Class<?> type = left.pop();
      if (!shapes.containsKey(type.getName())) {
        StringBuilder shape = new StringBuilder();
        if (type.isEnum()) {
          shape.append(Arrays.toString(type.getEnumConstants()));
        }
        if (type.isSealed()) {
          left.addAll(List.of(type.getPermittedSubclasses()));
        }
        if (type.isRecord()) {
          for (RecordComponent part : type.getRecordComponents()) {
            shape.append(part.getName()).append(' ').append(part.getGenericType()).append(';');
            add(part.getGenericType(), left);
          }
        }
        shapes.put(type.getName(), shape.toString());
      }
    }
    return shapes.toString();
  }

  private static void add(Type type, Deque<Class<?>> left) {
    if (type instanceof ParameterizedType generic) {
      for (Type argument : generic.getActualTypeArguments()) {
        add(argument, left);
      }
    } else if (type instanceof Class<?> simple
        && simple.getName().startsWith(JobSpec.class.getPackageName())) {
      left.add(simple);
    }
  }
}
