package io.tidemark.model.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class JsonTest {
  @Provide
  Arbitrary<Object> values() {
    return values(3);
  }

  private static Arbitrary<Object> values(int depth) {
    Arbitrary<Object> leaf =
        Arbitraries.oneOf(
            Arbitraries.strings().all().ofMaxLength(8).map(s -> s),
            Arbitraries.longs().map(n -> n),
            Arbitraries.of(true, false),
            Arbitraries.bigDecimals().ofScale(3).map(d -> d));
    if (depth == 0) {
      return leaf;
    }
    Arbitrary<Object> inner = values(depth - 1);
    return Arbitraries.oneOf(
        leaf,
        inner.list().ofMaxSize(4).map(ArrayList::new),
        Arbitraries.maps(Arbitraries.strings().all().ofMaxLength(5), inner)
            .ofMaxSize(4)
            .map(LinkedHashMap::new));
  }

  @Property
  void whatIsWrittenIsReadBack(@ForAll("values") Object value) {
    String text = Json.write(value);

    assertThat(Json.parse(text)).isEqualTo(value);
    assertThat(Json.write(Json.parse(text))).isEqualTo(text);
  }

  @Property
  void noTextMakesTheReaderFailOtherwise(@ForAll String text) {
    try {
      Json.parse(text);
    } catch (IllegalArgumentException e) {
      assertThat(e).hasMessageStartingWith("Cannot read JSON at character ");
    }
  }

  @Example
  void numbersKeepTheirKind() {
    assertThat(Json.parse("[1,-0,1.0,1e2,9223372036854775808]"))
        .isEqualTo(
            List.of(
                1L,
                0L,
                new BigDecimal("1.0"),
                new BigDecimal("1e2"),
                new BigDecimal("9223372036854775808")));
  }

  @Example
  void escapesAndWhiteSpaceAreRead() {
    assertThat(Json.parse(" { \"a\\u00e9\\n\" : [ null , true ] } "))
        .isEqualTo(Map.of("aé\n", java.util.Arrays.asList(null, true)));
  }

  @Example
  void whatIsNoJsonIsRefusedWithTheCharacter() {
    Map<String, Integer> bad =
        Map.ofEntries(
            Map.entry("", 1),
            Map.entry("{", 2),
            Map.entry("[1,]", 4),
            Map.entry("{\"a\":1,\"a\":2}", 11),
            Map.entry("{a:1}", 2),
            Map.entry("01", 1),
            Map.entry("1 2", 3),
            Map.entry("\"\t\"", 2),
            Map.entry("\"\\x\"", 4),
            Map.entry("nul", 1),
            Map.entry("NaN", 1));
    bad.forEach(
        (text, at) ->
            assertThatThrownBy(() -> Json.parse(text))
                .as(text)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("Cannot read JSON at character " + at + ":"));
  }

  @Example
  void nestingHasAnEnd() {
    assertThatThrownBy(() -> Json.parse("[".repeat(100_000)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("nesting");
  }

  @Example
  void valuesWithoutAJsonFormAreRefused() {
    assertThatThrownBy(() -> Json.write(Double.NaN)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Json.write(new Object())).isInstanceOf(IllegalArgumentException.class);
  }
}
