package io.tidemark.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class RecordJsonTest {
  /** What is stored or sent: everything else is a part of one of these. */
  private static final List<Class<?>> DOCUMENTS =
      List.of(
          Plan.class,
          Graph.class,
          JobSpec.class,
          JobResult.class,
          LiveSpec.class,
          LiveMark.class,
          Stamp.class,
          Evidence.class);

  private static void roundTrip(Class<?> type, RandomRecords records) {
    Object document = records.next(type);
    String json = RecordJson.write(document, type);

    assertThat(RecordJson.read(json, type)).as(json).isEqualTo(document);
    assertThat(RecordJson.write(RecordJson.read(json, type), type)).isEqualTo(json);
  }

  @Property(tries = 100)
  void everyDocumentIsReadBackAsItWas(@ForAll long seed) {
    RandomRecords records = new RandomRecords(seed);
    DOCUMENTS.forEach(type -> roundTrip(type, records));
  }

  @Example
  void thatCoversEveryRecordThatADocumentCanHold() {
    Set<Class<?>> reachable = new TreeSet<>((a, b) -> a.getName().compareTo(b.getName()));
    DOCUMENTS.forEach(d -> reach(d, reachable));
    RandomRecords records = new RandomRecords(1);
    for (int i = 0; i < 200; i++) {
      DOCUMENTS.forEach(type -> roundTrip(type, records));
    }

    assertThat(records.made()).containsAll(reachable);
  }

  private static void reach(Type type, Set<Class<?>> reached) {
    if (type instanceof ParameterizedType p) {
      for (Type argument : p.getActualTypeArguments()) {
        reach(argument, reached);
      }
    } else if (type instanceof Class<?> c && c.isSealed()) {
      for (Class<?> permitted : c.getPermittedSubclasses()) {
        reach(permitted, reached);
      }
    } else if (type instanceof Class<?> c && c.isRecord() && reached.add(c)) {
      for (RecordComponent component : c.getRecordComponents()) {
        reach(component.getGenericType(), reached);
      }
    }
  }

  @Example
  void equalRecordsHaveEqualHashesAndOthersDoNot() {
    Set<Fingerprint> hashes = new HashSet<>();
    for (int seed = 0; seed < 50; seed++) {
      Plan one = new RandomRecords(seed).next(Plan.class);
      Plan same = new RandomRecords(seed).next(Plan.class);
      assertThat(RecordJson.hash(one, Plan.class)).isEqualTo(RecordJson.hash(same, Plan.class));
      hashes.add(RecordJson.hash(one, Plan.class));
    }
    assertThat(hashes).hasSize(50);
  }

  @Example
  void aDocumentThatDoesNotFitIsRefusedWithTheMember() {
    Plan.Cost cost = new Plan.Cost(1, 2, 3, java.util.Optional.empty());
    String json = RecordJson.write(cost, Plan.Cost.class);
    assertThat(json).isEqualTo("{\"slices\":1,\"files\":2,\"bytes\":3}");

    refuse("{\"slices\":1,\"files\":2}", "$.bytes is missing");
    refuse("{\"slices\":1,\"files\":2,\"bytes\":3,\"rows\":4}", "has members that a Cost has not");
    refuse("{\"slices\":\"1\",\"files\":2,\"bytes\":3}", "$.slices is no Long");
    refuse("[]", "$ is no Map");
    assertThatThrownBy(() -> RecordJson.read("{\"type\":\"FlyV1\"}", Step.class))
        .hasMessageContaining("unknown type 'FlyV1'");
    assertThatThrownBy(() -> RecordJson.read("\"P1D:x\"", SliceSet.class))
        .hasMessageContaining("is no SliceSet");
  }

  private static void refuse(String json, String why) {
    assertThatThrownBy(() -> RecordJson.read(json, Plan.Cost.class))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why);
  }

  @Property(tries = 50)
  void aStampComesBackFromASnapshotSummary(@ForAll long seed) {
    Stamp stamp = new RandomRecords(seed).next(Stamp.class);
    Stamp plain =
        new Stamp(
            stamp.key(), stamp.kind(), stamp.dataset(), stamp.origin(), content(), stamp.note());

    assertThat(StampSummary.read(StampSummary.write(plain))).hasValue(plain);
    assertThat(StampSummary.write(plain)).containsEntry(StampSummary.KEY, plain.key());
  }

  private static Stamp.Content content() {
    return new Stamp.Content(
        Grain.DAY,
        List.of(
            new Stamp.SliceDigest(-1, 3, new ContentHash(1, 2)),
            new Stamp.SliceDigest(5, 0, ContentHash.EMPTY)),
        List.of("km"));
  }

  @Example
  void aSummaryOfSomebodyElseHasNoStampAndADamagedOneSaysSo() {
    assertThat(StampSummary.read(new TreeMap<>())).isEmpty();
    TreeMap<String, String> damaged =
        new TreeMap<>(StampSummary.write(new RandomRecords(3).next(Stamp.class)));
    damaged.put("tidemark.stamp", damaged.get("tidemark.stamp").substring(0, 12));
    assertThatThrownBy(() -> StampSummary.read(damaged))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
