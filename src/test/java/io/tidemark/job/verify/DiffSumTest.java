package io.tidemark.job.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

final class DiffSumTest {
  @Property(tries = 200)
  void isTheSameInAnyOrderAndAtAnySplit(@ForAll @Size(max = 30) List<Double> values) {
    DiffSum forwards = new DiffSum();
    values.forEach(v -> forwards.add(v, 1));
    DiffSum first = new DiffSum();
    DiffSum second = new DiffSum();
    for (int i = values.size() - 1; i >= 0; i--) {
      (i % 2 == 0 ? first : second).add(values.get(i), 1);
    }
    first.add(second.toString());

    assertThat(first.value().map(BigDecimal::stripTrailingZeros))
        .isEqualTo(forwards.value().map(BigDecimal::stripTrailingZeros));
    values.forEach(v -> first.add(v, -1));
    assertThat(first.value().orElseThrow()).isEqualByComparingTo("0");
  }

  @Test
  void whatIsNotFiniteHasNoSum() {
    DiffSum sum = new DiffSum();
    sum.add(1.0, 1);
    sum.add(null, 1);
    assertThat(sum.value()).isPresent();

    sum.add(Double.NaN, -1);
    DiffSum other = new DiffSum();
    other.add(sum.toString());

    assertThat(other.value()).isEmpty();
  }
}
