package io.tidemark.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

class NearestNameTest {
  @Test
  void namesTheNearestOfSeveral() {
    assertThat(NearestName.of("lookbak", List.of("label", "lookahead", "lookback")))
        .contains("lookback");
    assertThat(NearestName.of("SQL", List.of("sql"))).contains("sql");
    assertThat(NearestName.of("kye", List.of("key", "eye"))).contains("eye");
  }

  @Test
  void namesNothingThatIsFarOff() {
    assertThat(NearestName.of("windows", List.of("sql", "class"))).isEmpty();
    assertThat(NearestName.hint("windows", List.of("sql", "class")))
        .isEqualTo("use one of sql, class");
    assertThat(NearestName.hint("windows", List.of())).isEqualTo("remove it");
  }

  @Property
  void oneSwapOfNeighboursIsFound(
      @ForAll @AlphaChars @StringLength(min = 4, max = 30) String word,
      @ForAll @IntRange(max = 2) int at) {
    StringBuilder typo = new StringBuilder(word);
    typo.setCharAt(at, word.charAt(at + 1));
    typo.setCharAt(at + 1, word.charAt(at));

    boolean same = typo.toString().equals(word);
    assertThat(NearestName.of(typo.toString(), List.of(word)).isPresent()).isEqualTo(!same);
  }
}
