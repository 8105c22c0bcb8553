package io.tidemark.model;

import java.lang.reflect.Constructor;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;

/** Makes valid records of the model at random, and remembers which kinds it made. */
final class RandomRecords {
  private static final String[] TEXTS = {"", "a", "é\n\"\\", "x.y", "-", "\u0000\ud83d\ude00"};

  private final Random random;
  private final Set<Class<?>> made = new HashSet<>();
  private final Map<Class<?>, Supplier<Object>> special = new LinkedHashMap<>();

  RandomRecords(long seed) {
    random = new Random(seed);
    special.put(String.class, this::text);
    special.put(long.class, random::nextLong);
    special.put(Long.class, random::nextLong);
    special.put(int.class, random::nextInt);
    special.put(Integer.class, random::nextInt);
    special.put(double.class, this::number);
    special.put(Double.class, this::number);
    special.put(boolean.class, random::nextBoolean);
    special.put(Instant.class, () -> Instant.ofEpochSecond(random.nextInt(), random.nextInt(9)));
    special.put(Duration.class, () -> Duration.ofSeconds(random.nextInt(100_000)));
    special.put(Path.class, () -> Path.of("a", "b " + random.nextInt(9)));
    special.put(DatasetId.class, () -> DatasetId.of("d" + random.nextInt(1000)));
    special.put(Fingerprint.class, () -> Fingerprint.of("f" + random.nextInt()));
    special.put(RunId.class, () -> new RunId("r-" + random.nextInt(1000)));
    special.put(TableRef.class, () -> new TableRef("n.m", "t \"" + random.nextInt(9)));
    special.put(ContentHash.class, () -> new ContentHash(random.nextLong(), random.nextLong()));
    special.put(SliceSet.class, this::slices);
    special.put(Pin.class, this::pin);
    special.put(TimeRange.class, this::range);
    special.put(Column.class, () -> Column.nullable("c" + random.nextInt(), "INT"));
    special.put(ExpectedChange.Bounds.class, () -> new ExpectedChange.Bounds(1, 2));
    special.put(Graph.class, this::graph);
  }

  /** The kinds of records made so far. */
  Set<Class<?>> made() {
    return made;
  }

  <T> T next(Class<T> type) {
    return type.cast(value(type));
  }

  private Object value(Type type) {
    Class<?> raw =
        type instanceof ParameterizedType p ? (Class<?>) p.getRawType() : (Class<?>) type;
    if (raw.isRecord()) {
      made.add(raw);
    }
    if (special.containsKey(raw)) {
      return special.get(raw).get();
    } else if (raw == Optional.class) {
      return random.nextBoolean() ? Optional.of(value(argument(type, 0))) : Optional.empty();
    } else if (raw == List.class) {
      return many(argument(type, 0));
    } else if (raw == SortedSet.class) {
      return new TreeSet<>(many(argument(type, 0)));
    } else if (raw == SortedMap.class) {
      Map<Object, Object> map = new TreeMap<>();
      many(argument(type, 0)).forEach(k -> map.put(k, value(argument(type, 1))));
      return map;
    } else if (raw.isEnum()) {
      return raw.getEnumConstants()[random.nextInt(raw.getEnumConstants().length)];
    } else if (raw.isSealed()) {
      return value(
          raw.getPermittedSubclasses()[random.nextInt(raw.getPermittedSubclasses().length)]);
    }
    return construct(raw);
  }

  private Object construct(Class<?> record) {
    RecordComponent[] components = record.getRecordComponents();
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    Object[] values =
        Arrays.stream(components).map(RecordComponent::getGenericType).map(this::value).toArray();
    try {
      Constructor<?> constructor = record.getDeclaredConstructor(types);
      constructor.setAccessible(true);
      return constructor.newInstance(values);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError("cannot make a " + record, e);
    }
  }

  private List<Object> many(Type type) {
    List<Object> list = new ArrayList<>();
    int size = random.nextInt(3);
    for (int i = 0; i < size; i++) {
      list.add(value(type));
    }
    return list;
  }

  private String text() {
    return TEXTS[random.nextInt(TEXTS.length)];
  }

  private double number() {
    double[] numbers = {0, -1, 0.1, 1e300, 5e-324, random.nextDouble()};
    return numbers[random.nextInt(numbers.length)];
  }

  private SliceSet slices() {
    Grain grain = Grain.values()[random.nextInt(Grain.values().length)];
    return grain == Grain.ALL
        ? SliceSet.range(grain, 0, random.nextInt(2))
        : SliceSet.ofOrdinals(grain, random.longs(random.nextInt(5), -900, 9000));
  }

  private Pin pin() {
    return random.nextBoolean()
        ? Pin.main(random.nextLong())
        : Pin.candidate(random.nextLong(), random.nextLong(), next(RunId.class));
  }

  private TimeRange range() {
    Instant from = Instant.ofEpochSecond(random.nextInt());
    return random.nextInt(4) == 0 ? TimeRange.ALL : new TimeRange(from, from.plusSeconds(60));
  }

  /** One source, and transforms that read it and each other in order. */
  private Graph graph() {
    List<Dataset> datasets = new ArrayList<>();
    List<Transform> transforms = new ArrayList<>();
    datasets.add(dataset("d0", Dataset.Kind.SOURCE));
    for (int i = 1; i <= 1 + random.nextInt(3); i++) {
      Transform any = (Transform) value(Transform.class);
      transforms.add(
          new Transform(
              DatasetId.of("d" + i),
              any.logic(),
              List.of(datasets.get(random.nextInt(datasets.size())).id()),
              any.window(),
              any.label(),
              any.analysis(),
              any.where()));
      datasets.add(dataset("d" + i, Dataset.Kind.DERIVED));
    }
    List<ExpectedChange> changes = new ArrayList<>();
    many(ExpectedChange.class).forEach(c -> changes.add((ExpectedChange) c));
    return new Graph(text(), datasets, transforms, changes, next(Fingerprint.class));
  }

  private Dataset dataset(String name, Dataset.Kind kind) {
    Dataset any = (Dataset) construct(Dataset.class);
    made.add(Dataset.class);
    return new Dataset(
        DatasetId.of(name),
        kind,
        any.table(),
        any.schema(),
        any.key(),
        any.layout(),
        any.governance());
  }

  private static Type argument(Type type, int index) {
    return ((ParameterizedType) type).getActualTypeArguments()[index];
  }
}
