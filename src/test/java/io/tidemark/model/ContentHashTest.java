package io.tidemark.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** A commutative group: addition modulo 2^128. */
class ContentHashTest {
  private static final BigInteger MODULUS = BigInteger.ONE.shiftLeft(128);

  @Provide
  Arbitrary<ContentHash> hashes() {
    Arbitrary<Long> words = Arbitraries.longs();
    return Combinators.combine(words, words).as(ContentHash::new);
  }

  private static BigInteger number(ContentHash hash) {
    return new BigInteger(hash.toString(), 16);
  }

  @Property
  void additionIsThatOfNumbersModulo2To128(
      @ForAll("hashes") ContentHash a, @ForAll("hashes") ContentHash b) {
    assertThat(number(a.plus(b))).isEqualTo(number(a).add(number(b)).mod(MODULUS));
    assertThat(number(a.minus(b))).isEqualTo(number(a).subtract(number(b)).mod(MODULUS));
  }

  @Property
  void theGroupLawsHold(
      @ForAll("hashes") ContentHash a,
      @ForAll("hashes") ContentHash b,
      @ForAll("hashes") ContentHash c) {
    assertThat(a.plus(b)).isEqualTo(b.plus(a));
    assertThat(a.plus(b).plus(c)).isEqualTo(a.plus(b.plus(c)));
    assertThat(a.plus(ContentHash.EMPTY)).isEqualTo(a);
    assertThat(a.minus(a)).isEqualTo(ContentHash.EMPTY);
    assertThat(a.plus(b).minus(b)).isEqualTo(a);
  }

  @Property
  void theOrderOfRowsAndTheirPartsDoNotMatter(@ForAll List<Long> rows, @ForAll Random random) {
    List<ContentHash> hashes = new ArrayList<>();
    rows.forEach(r -> hashes.add(new ContentHash(r * 31, r)));
    ContentHash whole = hashes.stream().reduce(ContentHash.EMPTY, ContentHash::plus);
    Collections.shuffle(hashes, random);
    int cut = hashes.isEmpty() ? 0 : random.nextInt(hashes.size());
    ContentHash first =
        hashes.subList(0, cut).stream().reduce(ContentHash.EMPTY, ContentHash::plus);
    ContentHash second =
        hashes.subList(cut, hashes.size()).stream().reduce(ContentHash.EMPTY, ContentHash::plus);

    assertThat(second.plus(first)).isEqualTo(whole);
  }

  @Property
  void textIsReadBack(@ForAll("hashes") ContentHash a) {
    assertThat(ContentHash.parse(a.toString())).isEqualTo(a);
    assertThat(a.toString()).hasSize(32);
  }

  @Example
  void aDoubledRowDoesNotCancelItselfOut() {
    ContentHash row = new ContentHash(7, 9);

    assertThat(row.plus(row)).isNotEqualTo(ContentHash.EMPTY).isNotEqualTo(row);
  }

  @Example
  void otherTextIsRefused() {
    for (String bad : List.of("", "0", "g".repeat(32), "0".repeat(33))) {
      assertThatThrownBy(() -> ContentHash.parse(bad)).isInstanceOf(IllegalArgumentException.class);
    }
  }
}
