package io.tidemark.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/** A set of slices behaves as the plain set of its ordinals does. */
class SliceSetTest {
  private static SliceSet days(Set<Long> ordinals) {
    return SliceSet.ofOrdinals(Grain.DAY, ordinals.stream().mapToLong(Long::longValue));
  }

  private static Set<Long> plain(SliceSet slices) {
    return slices.ordinals().boxed().collect(Collectors.toCollection(TreeSet::new));
  }

  @Provide
  Arbitrary<Set<Long>> ordinals() {
    return Arbitraries.longs().between(-20, 20).set().ofMaxSize(25);
  }

  @Provide
  Arbitrary<SliceSet> sliceSets() {
    Arbitrary<Grain> grains = Arbitraries.of(Grain.HOUR, Grain.DAY, Grain.MONTH, Grain.YEAR);
    Arbitrary<Set<Long>> ordinals = Arbitraries.longs().between(-1500, 9000).set().ofMaxSize(12);
    return Combinators.combine(grains, ordinals)
        .as((g, o) -> SliceSet.ofOrdinals(g, o.stream().mapToLong(Long::longValue)));
  }

  @Property
  void unionIntersectionAndDifferenceAreThoseOfPlainSets(
      @ForAll("ordinals") Set<Long> a, @ForAll("ordinals") Set<Long> b) {
    Set<Long> union = new TreeSet<>(a);
    union.addAll(b);
    Set<Long> intersection = new TreeSet<>(a);
    intersection.retainAll(b);
    Set<Long> difference = new TreeSet<>(a);
    difference.removeAll(b);

    assertThat(plain(days(a).union(days(b)))).isEqualTo(union);
    assertThat(plain(days(a).intersect(days(b)))).isEqualTo(intersection);
    assertThat(plain(days(a).minus(days(b)))).isEqualTo(difference);
    assertThat(days(a).overlaps(days(b))).isEqualTo(!intersection.isEmpty());
    assertThat(days(a).contains(days(b))).isEqualTo(a.containsAll(b));
  }

  @Property
  void equalSetsAreEqualHoweverTheyWereMade(
      @ForAll("ordinals") Set<Long> a, @ForAll("ordinals") Set<Long> b) {
    SliceSet whole = days(a).union(days(b));
    SliceSet pieces = days(a).minus(days(b)).union(days(b)).union(days(a).intersect(days(b)));

    assertThat(pieces).isEqualTo(whole).hasSameHashCodeAs(whole);
  }

  @Property
  void containsAndCountAgreeWithTheOrdinals(@ForAll("ordinals") Set<Long> a) {
    assertThat(days(a).count()).isEqualTo(a.size());
    assertThat(days(a).isEmpty()).isEqualTo(a.isEmpty());
    for (long o = -21; o <= 21; o++) {
      assertThat(days(a).contains(o)).isEqualTo(a.contains(o));
    }
  }

  @Property
  void chunksAreInOrderFullAndLoseNothing(
      @ForAll("ordinals") Set<Long> a, @ForAll @IntRange(min = 1, max = 9) int size) {
    List<SliceSet> chunks = days(a).chunks(size);

    assertThat(chunks.stream().flatMap(c -> c.ordinals().boxed()))
        .containsExactlyElementsOf(new TreeSet<>(a));
    assertThat(chunks.stream().limit(Math.max(0, chunks.size() - 1)).map(SliceSet::count))
        .allMatch(c -> c == size);
  }

  @Property
  void textIsReadBackAsTheSameSet(@ForAll("sliceSets") SliceSet slices) {
    assertThat(SliceSet.parse(slices.grain(), slices.toString())).isEqualTo(slices);
  }

  @Property
  void theTimeCoveredIsCoveredByTheSameSlices(@ForAll("sliceSets") SliceSet slices) {
    assertThat(SliceSet.covering(slices.grain(), slices.ranges())).isEqualTo(slices);
  }

  @Example
  void textNamesEndsInclusivelyAsPeopleDo() {
    SliceSet months = SliceSet.parse(Grain.MONTH, "2001-01..2001-03, 2001-05");

    assertThat(months.toString()).isEqualTo("2001-01..2001-03,2001-05");
    assertThat(months.count()).isEqualTo(4);
    assertThat(SliceSet.parse(Grain.DAY, "2001-02").count()).isEqualTo(28);
    assertThat(SliceSet.parse(Grain.ALL, "all")).isEqualTo(SliceSet.range(Grain.ALL, 0, 1));
    assertThat(SliceSet.range(Grain.ALL, 0, 1).toString()).isEqualTo("all");
  }

  @Example
  void badTextIsRefusedWithTheText() {
    for (String bad : List.of("2001-13", "01-2001", "2001-02-30", "2001-03..2001-01", "x", "all")) {
      assertThatThrownBy(() -> SliceSet.parse(Grain.DAY, bad))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(bad.length() > 12 ? bad.substring(0, 7) : bad);
    }
    assertThatThrownBy(() -> SliceSet.parse(Grain.MONTH, "2001-01-01"))
        .hasMessageContaining("finer than");
  }

  @Example
  void grainsDoNotMix() {
    assertThatThrownBy(() -> SliceSet.empty(Grain.DAY).union(SliceSet.empty(Grain.MONTH)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
