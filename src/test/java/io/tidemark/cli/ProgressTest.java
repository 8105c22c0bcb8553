package io.tidemark.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.cli.text.Paint;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class ProgressTest {
  @Test
  void ofSeveralLiveJobsEachIsToldOfWhenItHasChangedAndNotWhenAnotherHas() {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    PrintStream err = new PrintStream(said, true, StandardCharsets.UTF_8);
    Progress progress =
        new Progress(
            new Streams(
                InputStream.nullInputStream(),
                err,
                err,
                Streams.Device.OTHER,
                Streams.Device.OTHER),
            Paint.PLAIN);

    for (int look = 0; look < 3; look++) {
      progress.status(LiveSamples.quiet());
      progress.status(LiveSamples.following());
    }
    progress.status(LiveSamples.live());

    assertThat(said.toString(StandardCharsets.UTF_8).lines())
        .satisfiesExactly(
            line -> assertThat(line).startsWith("cities not running"),
            line -> assertThat(line).startsWith("cities.city_month running"),
            line -> assertThat(line).startsWith("cities commits waiting"));
  }
}
