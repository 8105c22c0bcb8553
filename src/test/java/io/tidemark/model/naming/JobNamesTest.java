package io.tidemark.model.naming;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class JobNamesTest {
  @Test
  void aBoundedJobIsFoundByItsWholeKeyAlone() {
    String name = "build sales 2026-01 [r1/build-sales]";

    assertThat(JobNames.isOf(name, "r1/build-sales")).isTrue();
    assertThat(JobNames.isOf(name, "build-sales")).isFalse();
    assertThat(JobNames.isOf(name, "r1/build")).isFalse();
  }

  @Test
  void aLiveJobIsFoundWhateverItsEpochAndNotForItsShadow() {
    assertThat(JobNames.isOf("live orders epoch 3", "live/orders")).isTrue();
    assertThat(JobNames.isOf("live orders epoch 12", "live/orders")).isTrue();
    assertThat(JobNames.isOf("live orders@shadow epoch 3", "live/orders")).isFalse();
    assertThat(JobNames.isOf("live orders epoch 3", "live/orders@shadow")).isFalse();
  }

  @Test
  void aJobThatAnOlderVersionStartedIsFoundToo() {
    assertThat(JobNames.isOf("live/orders", "live/orders")).isTrue();
    assertThat(JobNames.isOf("r1/build-sales", "r1/build-sales")).isTrue();
  }
}
