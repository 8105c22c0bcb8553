package io.tidemark.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.model.TidemarkException;
import io.tidemark.model.version.OrderVersion;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JobMainTest {
  private static final String ORDER = Base64.getEncoder().encodeToString(new byte[] {'{', '}'});

  @ParameterizedTest
  @ValueSource(strings = {"spec", "live"})
  void anOrderOfAnotherVersionIsRefusedBeforeItIsRead(String kind) {
    assertThatThrownBy(() -> JobMain.main(new String[] {kind, ORDER, "0.0.1/0123456789ab"}))
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> {
              assertThat(e.category()).isEqualTo(TidemarkException.Category.REFUSED);
              assertThat(e.problems().get(0).code()).isEqualTo("TM-JOB-003");
            });
  }

  @ParameterizedTest
  @ValueSource(strings = {"spec", "live"})
  void anOrderOfThisVersionIsRead(String kind) {
    String version = OrderVersion.own().toString();

    assertThatThrownBy(() -> JobMain.main(new String[] {kind, ORDER, version}))
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> assertThat(e.problems().get(0).code()).isEqualTo("TM-JOB-002"));
  }

  @Test
  void helpNamesEverySubcommand() {
    assertThat(JobArguments.HELP).contains("backfill --jobs", " spec JOB", " live ORDER");
  }
}
