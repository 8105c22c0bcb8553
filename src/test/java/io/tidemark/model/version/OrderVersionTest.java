package io.tidemark.model.version;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class OrderVersionTest {
  private enum Mode {
    ONE
  }

  private record Order(Optional<List<Part>> parts, Mode mode) {}

  private record Part(long rows) {}

  @Test
  void itNamesEverythingThatOrdersConsistOf() {
    assertThat(OrderVersion.shape(List.of(Order.class)))
        .contains("parts java.util.Optional", "$Part>", "mode class", "[ONE]", "rows long;");
    assertThat(OrderVersion.own().digest()).hasSizeGreaterThan(6);
    assertThat(OrderVersion.own()).isEqualTo(OrderVersion.own());
    assertThat(OrderVersion.parse(OrderVersion.own().toString())).isEqualTo(OrderVersion.own());
  }

  @Test
  void anotherReleaseAndOtherTypesDoNotMatchAndAnUnknownReleaseDoes() {
    OrderVersion ours = new OrderVersion("1.0", "abc");

    assertThat(ours.matches(new OrderVersion("1.0", "abc"))).isTrue();
    assertThat(ours.matches(new OrderVersion("", "abc"))).isTrue();
    assertThat(ours.matches(new OrderVersion("1.1", "abc"))).isFalse();
    assertThat(ours.matches(new OrderVersion("", "abd"))).isFalse();
  }
}
