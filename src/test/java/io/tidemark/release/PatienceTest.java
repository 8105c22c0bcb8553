package io.tidemark.release;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class PatienceTest {
  private static final Patience PATIENCE = new Patience(3, Duration.ofNanos(1));

  private final List<Duration> pauses = new ArrayList<>();
  private int calls;

  private Supplier<Integer> failing(int times, TidemarkException with) {
    return () -> {
      if (++calls <= times) {
        throw with;
      }
      return calls;
    };
  }

  private static TidemarkException outside() {
    return TidemarkException.external(Problem.of("TM-TEST-001", "away", "", ""), null);
  }

  @Test
  void whatFailsOutsideIsTriedAgainAfterGrowingPauses() {
    assertThat(PATIENCE.apply(failing(2, outside()), (e, pause) -> pauses.add(pause))).isEqualTo(3);
    assertThat(pauses).containsExactly(Duration.ofNanos(1), Duration.ofNanos(3));
  }

  @Test
  void patienceEnds() {
    assertThatThrownBy(() -> PATIENCE.apply(failing(9, outside()), (e, pause) -> pauses.add(pause)))
        .hasMessageContaining("away");
    assertThat(calls).isEqualTo(3);
  }

  @Test
  void whatTheUserMustMendIsNotTriedAgain() {
    TidemarkException user = TidemarkException.user(Problem.of("TM-TEST-002", "wrong", "", ""));

    assertThatThrownBy(() -> PATIENCE.apply(failing(1, user), (e, pause) -> pauses.add(pause)))
        .isSameAs(user);
    assertThat(calls).isEqualTo(1);
  }
}
