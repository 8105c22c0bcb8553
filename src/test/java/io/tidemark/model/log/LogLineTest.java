package io.tidemark.model.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class LogLineTest {
  @Test
  void valuesAreInTheOrderTheyWereGivenAndEmptyOnesAreLeftOut() {
    assertThat(
            LogLine.of("step-finished")
                .with("run", Optional.of("261122-1"))
                .with("dataset", Optional.empty())
                .with("note", "")
                .with("rows", 3)
                .with("why", "two words"))
        .hasToString("event=step-finished run=261122-1 rows=3 why=\"two words\"");
  }

  @Test
  void aCommitSaysWhatItsSummarySays() {
    assertThat(
            LogLine.committed(
                "lake.flights",
                "tidemark-1",
                42,
                Map.of(
                    "tidemark.run", "261122-1",
                    "tidemark.key", "261122-1/build",
                    "tidemark.kind", "BUILD",
                    "tidemark.stamp", "deflated",
                    "tidemark.slices", "2001-01-01..2001-01-03",
                    "added-records", "7")))
        .hasToString(
            "event=committed run=261122-1 table=lake.flights branch=tidemark-1 snapshot=42 "
                + "kind=BUILD key=261122-1/build slices=2001-01-01..2001-01-03 added_rows=7");
  }

  @Test
  void problemsAreToldByTheirCodesAndOtherFailuresByTheirChain() {
    assertThat(
            LogLine.of("failed")
                .because(
                    TidemarkException.user(
                        Problem.of("TM-RUN-013", "the plan is empty", "nothing is stale", "rest"))))
        .hasToString("event=failed codes=TM-RUN-013 reason=\"the plan is empty\"");
    assertThat(
            LogLine.of("failed")
                .because(new IllegalStateException("no\nanswer", new IOException("gone"))))
        .hasToString(
            "event=failed reason=\"IllegalStateException: no\\nanswer <- IOException: gone\"");
  }

  @Property
  void anEventIsOneLineThatCanBeTakenApartAgain(@ForAll String value) {
    String line = LogLine.of("x").with("v", value).with("end", "1").toString();

    assertThat(line.lines().count()).isEqualTo(1);
    assertThat(line).startsWith("event=x ").endsWith(" end=1");
    assertThat(line.length()).isLessThan(7 * 500);
    String middle = line.substring("event=x".length(), line.length() - " end=1".length());
    if (middle.startsWith(" v=\"")) {
      assertThat(middle.substring(4, middle.length() - 1))
          .doesNotContainPattern("(?<!\\\\)(\\\\\\\\)*\"");
    } else {
      assertThat(middle).matches("( v=[^ \"=]+)?");
    }
  }
}
