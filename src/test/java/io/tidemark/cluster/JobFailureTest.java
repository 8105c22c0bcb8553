package io.tidemark.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.model.Location;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TidemarkException.Category;
import io.tidemark.testing.Specs;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import org.apache.flink.util.ExceptionUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class JobFailureTest {
  private static final JobFailure.Subject JOB =
      JobFailure.Subject.of(Specs.build("r1/build-out-1", "com.acme.Fix"));

  private static final Problem PROBLEM =
      Problem.at(new Location("jobs/a.sql", 2, 5), "TM-X-007", "bad\nrow", "why \"so\"", "fix");

  private static String trace(String cause, String frame) {
    return "org.apache.flink.runtime.JobException: Recovery is suppressed\n"
        + "\tat org.apache.flink.runtime.Handler.handle(Handler.java:1)\n"
        + "Caused by: "
        + cause
        + "\n\tat java.base/java.lang.Long.parseLong(Long.java:1)\n\tat "
        + frame
        + "\n\t... 12 more\n";
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "java.lang.ArithmeticException: / by zero | BatchExecCalc$17.processElement(Unknown"
            + " Source)",
        "java.lang.NullPointerException | com.acme.Fix.map(Fix.java:3)",
        "java.lang.NullPointerException | com.acme.Fix$Inner.map(Fix.java:3)",
        "com.acme.Broken: no | com.other.Library.call(Library.java:3)",
        "java.lang.NoClassDefFoundError: x/Y | org.apache.flink.A.b(A.java:1)",
      })
  void theTransformIsToBlame(String cause, String frame) {
    RuntimeException e = JobFailure.of(JOB, trace(cause, frame));

    assertThat(e).isInstanceOf(TidemarkException.class);
    assertThat(((TidemarkException) e).category()).isEqualTo(Category.USER);
    assertThat(((TidemarkException) e).problems().get(0).what())
        .isEqualTo("transform 'out' failed: " + cause);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "java.io.IOException: No space left | com.acme.Fix.map(Fix.java:3)",
        "java.util.concurrent.TimeoutException: Heartbeat | org.apache.flink.A.b(A.java:1)",
        "java.lang.OutOfMemoryError: Java heap space | BatchExecSort$1.sort(Unknown Source)",
        "java.lang.IllegalStateException: shaken | org.apache.iceberg.A.b(A.java:1)",
        "org.apache.flink.runtime.jobmanager.scheduler.NoResourceAvailableException: slots"
            + " | org.apache.flink.A.b(A.java:1)",
      })
  void somethingOutsideIsToBlame(String cause, String frame) {
    RuntimeException e = JobFailure.of(JOB, trace(cause, frame));

    assertThat(e).isInstanceOf(TidemarkException.class);
    assertThat(((TidemarkException) e).category()).isEqualTo(Category.EXTERNAL);
  }

  @Test
  void ourOwnMistakeIsABugAndKeepsItsTrace() {
    String trace = trace("java.lang.NullPointerException", "io.tidemark.job.Sink.write(S.java:1)");

    assertThat(JobFailure.of(JOB, trace))
        .isExactlyInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("[BUG]")
        .hasMessageContaining("io.tidemark.job.Sink.write");
  }

  @Test
  void aProblemInAPrintedTraceArrivesWhole() {
    RuntimeException thrown =
        new IllegalStateException("outer", TidemarkException.refused(PROBLEM));

    RuntimeException e = JobFailure.of(JOB, ExceptionUtils.stringifyException(thrown));

    assertThat(((TidemarkException) e).category()).isEqualTo(Category.REFUSED);
    assertThat(((TidemarkException) e).problems()).containsExactly(PROBLEM);
  }

  @Test
  void aProblemSurvivesJavaSerialization() throws IOException, ClassNotFoundException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(TidemarkException.external(PROBLEM, new IOException("cause")));
    }
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      TidemarkException e = (TidemarkException) in.readObject();
      assertThat(e.category()).isEqualTo(Category.EXTERNAL);
      assertThat(e.problems()).containsExactly(PROBLEM);
      assertThat(e).hasCauseInstanceOf(IOException.class);
    }
  }

  @Test
  void aTraceOfNothingIsStillTold() {
    assertThat(JobFailure.of(JOB, "")).hasMessageContaining("no reason given");
  }
}
