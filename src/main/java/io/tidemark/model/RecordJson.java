package io.tidemark.model;

import io.tidemark.model.json.Json;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The records of this package to and from JSON: one object per record with its components in
 * declared order, {@code null} left out for an empty Optional, a member {@code "type"} with the
 * record's simple name where a sealed interface is expected. Records of a single text are that
 * text, unless a sealed interface is expected. Equal records give equal text, which is what plan
 * and evidence hashes are made of.
 *
 * <p>An unknown or missing member is refused: a document of a newer version must not be half read.
 */
public final class RecordJson {
  /** Thousands of stamps are read at once, and what a class is made of is slow to ask for. */
  private static final ClassValue<Shape> SHAPES =
      new ClassValue<>() {
        @Override
        protected Shape computeValue(Class<?> type) {
          return Shape.of(type);
        }
      };

  private RecordJson() {}

  /**
   * What a record class is made of.
   *
   * @param types of the components, as declared
   * @param isText whether it is a single text
   */
  private record Shape(
      List<String> names,
      List<Type> types,
      List<Method> accessors,
      Constructor<?> constructor,
      boolean isText) {

    static Shape of(Class<?> type) {
      List<String> names = new ArrayList<>();
      List<Type> types = new ArrayList<>();
      List<Method> accessors = new ArrayList<>();
      List<Class<?>> raw = new ArrayList<>();
      for (RecordComponent component : type.getRecordComponents()) {
        names.add(component.getName());
        types.add(component.getGenericType());
        component.getAccessor().setAccessible(true);
        accessors.add(component.getAccessor());
        raw.add(component.getType());
      }
      try {
        Constructor<?> constructor = type.getDeclaredConstructor(raw.toArray(Class<?>[]::new));
        constructor.setAccessible(true);
        boolean isText = raw.equals(List.of(String.class));
        return new Shape(names, types, accessors, constructor, isText);
      } catch (NoSuchMethodException e) {
        throw new IllegalStateException("[BUG] cannot make a " + type, e);
      }
    }
  }

  /**
   * Writes a record. Where the reader will ask for a sealed interface, pass it as {@code declared}.
   */
  public static String write(Object record, Class<?> declared) {
    return Json.write(toTree(record, declared));
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @throws IllegalArgumentException if the text is not such a document; says which member is wrong
   */
  public static <T> T read(String json, Class<T> type) {
    return type.cast(fromTree(Json.parse(json), type, "$"));
  }

  /** The SHA-256 of the written form. */
  public static Fingerprint hash(Object record, Class<?> declared) {
    return Fingerprint.of(write(record, declared));
  }

  private static Object toTree(Object value, Type declared) {
    Class<?> raw = raw(declared);
    if (value == null) {
      throw new IllegalArgumentException("[BUG] null in a record");
    } else if (value instanceof Optional<?> optional) {
      return optional.map(v -> toTree(v, argument(declared, 0))).orElse(null);
    } else if (value instanceof List<?> || value instanceof SortedSet<?>) {
      List<Object> list = new ArrayList<>();
      ((Iterable<?>) value).forEach(item -> list.add(toTree(item, argument(declared, 0))));
      return list;
    } else if (value instanceof SortedMap<?, ?> map) {
      Map<String, Object> tree = new LinkedHashMap<>();
      map.forEach((k, v) -> tree.put(k.toString(), toTree(v, argument(declared, 1))));
      return tree;
    } else if (value instanceof SliceSet slices) {
      return slices.grain().text() + ":" + slices;
    } else if (value instanceof Record record && !(value instanceof ContentHash)) {
      Shape shape = SHAPES.get(record.getClass());
      if (shape.isText() && !raw.isInterface()) {
        return component(record, shape.accessors().get(0));
      }
      Map<String, Object> tree = new LinkedHashMap<>();
      if (raw.isInterface()) {
        tree.put("type", record.getClass().getSimpleName());
      }
      for (int i = 0; i < shape.names().size(); i++) {
        Object member = toTree(component(record, shape.accessors().get(i)), shape.types().get(i));
        if (member != null) {
          tree.put(shape.names().get(i), member);
        }
      }
      return tree;
    } else if (value instanceof Enum<?> constant) {
      return constant.name();
    } else if (value instanceof Number || value instanceof Boolean) {
      return value;
    }
    return value.toString();
  }

  private static Object component(Record record, Method accessor) {
    try {
      return accessor.invoke(record);
    } catch (IllegalAccessException | InvocationTargetException e) {
      throw new IllegalStateException("[BUG] cannot read " + accessor, e);
    }
  }

  private static Object fromTree(Object tree, Type type, String path) {
    Class<?> raw = raw(type);
    if (raw == Optional.class) {
      return Optional.ofNullable(tree).map(t -> fromTree(t, argument(type, 0), path));
    } else if (tree == null) {
      throw error(path, "is missing");
    } else if (raw == List.class || raw == SortedSet.class) {
      List<Object> list = new ArrayList<>();
      for (Object item : expect(tree, List.class, path)) {
        list.add(fromTree(item, argument(type, 0), path + "[" + list.size() + "]"));
      }
      return raw == List.class ? list : new TreeSet<>(list);
    } else if (raw == SortedMap.class) {
      SortedMap<Object, Object> map = new TreeMap<>();
      for (Object e : expect(tree, Map.class, path).entrySet()) {
        Map.Entry<?, ?> entry = (Map.Entry<?, ?>) e;
        Object key = key((String) entry.getKey(), argument(type, 0), path);
        map.put(key, fromTree(entry.getValue(), argument(type, 1), path + "." + entry.getKey()));
      }
      return map;
    } else if (raw.isRecord() && raw != ContentHash.class) {
      return SHAPES.get(raw).isText()
          ? construct(raw, new Object[] {expect(tree, String.class, path)}, path)
          : record(expect(tree, Map.class, path), raw, path);
    } else if (raw.isSealed()) {
      Map<?, ?> map = expect(tree, Map.class, path);
      for (Class<?> permitted : raw.getPermittedSubclasses()) {
        if (permitted.getSimpleName().equals(map.get("type"))) {
          return record(map, permitted, path);
        }
      }
      throw error(path, "has unknown type '" + map.get("type") + "'");
    } else if (raw == boolean.class) {
      return expect(tree, Boolean.class, path);
    } else if (raw == long.class || raw == Long.class) {
      return expect(tree, Long.class, path);
    } else if (raw == int.class) {
      return Math.toIntExact(expect(tree, Long.class, path));
    } else if (raw == double.class || raw == Double.class) {
      return tree instanceof Long l
          ? (Object) l.doubleValue()
          : expect(tree, BigDecimal.class, path).doubleValue();
    }
    return scalar(expect(tree, String.class, path), raw, path);
  }

  /** A member's name as the key that it was written from. */
  private static Object key(String name, Type type, String path) {
    if (raw(type) != Integer.class) {
      return fromTree(name, type, path);
    }
    try {
      return Integer.valueOf(name);
    } catch (NumberFormatException e) {
      throw error(path, "has a member that is no number: '" + name + "'");
    }
  }

  private static Object scalar(String text, Class<?> raw, String path) {
    try {
      if (raw == String.class) {
        return text;
      } else if (raw == Instant.class) {
        return Instant.parse(text);
      } else if (raw == Duration.class) {
        return Duration.parse(text);
      } else if (raw == Path.class) {
        return Path.of(text);
      } else if (raw == ContentHash.class) {
        return ContentHash.parse(text);
      } else if (raw == SliceSet.class) {
        int colon = text.indexOf(':');
        return SliceSet.parse(
            Grain.parse(text.substring(0, Math.max(0, colon))).orElseThrow(),
            text.substring(colon + 1));
      } else if (raw.isEnum()) {
        return Arrays.stream(raw.getEnumConstants())
            .filter(c -> ((Enum<?>) c).name().equals(text))
            .findFirst()
            .orElseThrow();
      }
    } catch (RuntimeException e) {
      throw error(path, "is no " + raw.getSimpleName() + ": '" + text + "'");
    }
    throw new IllegalArgumentException("[BUG] cannot read a " + raw + " at " + path);
  }

  private static Object record(Map<?, ?> tree, Class<?> type, String path) {
    Shape shape = SHAPES.get(type);
    Object[] arguments = new Object[shape.names().size()];
    int used = tree.containsKey("type") && !shape.names().contains("type") ? 1 : 0;
    for (int i = 0; i < arguments.length; i++) {
      String name = shape.names().get(i);
      used += tree.containsKey(name) ? 1 : 0;
      arguments[i] = fromTree(tree.get(name), shape.types().get(i), path + "." + name);
    }
    if (used != tree.size()) {
      throw error(
          path, "has members that a " + type.getSimpleName() + " has not: " + tree.keySet());
    }
    return construct(type, arguments, path);
  }

  private static Object construct(Class<?> type, Object[] arguments, String path) {
    try {
      return SHAPES.get(type).constructor().newInstance(arguments);
    } catch (InvocationTargetException e) {
      throw new IllegalArgumentException(
          "Cannot read " + path + ": " + e.getCause().getMessage(), e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("[BUG] cannot make a " + type, e);
    }
  }

  private static <T> T expect(Object tree, Class<T> type, String path) {
    if (!type.isInstance(tree)) {
      throw error(path, "is no " + type.getSimpleName());
    }
    return type.cast(tree);
  }

  private static IllegalArgumentException error(String path, String what) {
    return new IllegalArgumentException("Cannot read JSON document: " + path + " " + what);
  }

  private static Class<?> raw(Type type) {
    return type instanceof ParameterizedType p ? (Class<?>) p.getRawType() : (Class<?>) type;
  }

  private static Type argument(Type type, int index) {
    return ((ParameterizedType) type).getActualTypeArguments()[index];
  }
}
