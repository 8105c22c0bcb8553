package io.tidemark.lake.refs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.model.TableRef;
import io.tidemark.model.TidemarkException;
import java.io.FileNotFoundException;
import java.io.UncheckedIOException;
import java.util.stream.Stream;
import org.apache.iceberg.exceptions.NoSuchTableException;
import org.apache.iceberg.exceptions.NotFoundException;
import org.apache.iceberg.exceptions.ServiceUnavailableException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.services.s3.model.RefusedByS3;

class TroubleTest {
  private static final TableRef TABLE = TableRef.parse("shop.orders");

  static Stream<Arguments> fromOutside() {
    RuntimeException s3 = new RefusedByS3("Slow Down (Service: S3, Status Code: 503)");
    return Stream.of(
        Arguments.of(s3, "TM-LAKE-003", "Slow Down"),
        Arguments.of(parallel(s3), "TM-LAKE-003", "Slow Down"),
        Arguments.of(
            parallel(new ServiceUnavailableException("starting up")), "TM-LAKE-003", "starting up"),
        Arguments.of(
            parallel(new UncheckedIOException(new FileNotFoundException("m0.avro"))),
            "TM-LAKE-003",
            "m0.avro"),
        Arguments.of(parallel(new NotFoundException("m0.avro")), "TM-LAKE-002", "roll the table"),
        Arguments.of(
            parallel(new NoSuchTableException("gone: shop.orders")), "TM-LAKE-001", "dropped"));
  }

  /** As what goes wrong in a thread of its own reaches those who wait for it. */
  private static RuntimeException parallel(RuntimeException cause) {
    return new RuntimeException("Failed while running parallel task", cause);
  }

  @ParameterizedTest
  @MethodSource
  void fromOutside(RuntimeException thrown, String code, String said) {
    RuntimeException told = Trouble.explain(TABLE, "reading it", thrown);

    assertThat(told)
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> {
              assertThat(e.category()).isEqualTo(TidemarkException.Category.EXTERNAL);
              assertThat(e.problems().get(0).code()).isEqualTo(code);
              assertThat(e.problems().get(0).what()).contains("shop.orders").contains("reading it");
              assertThat(e.problems().get(0).why() + e.problems().get(0).fix()).contains(said);
            })
        .hasCause(thrown);
  }

  @Test
  void whatIsWrongWithTheCodeStaysABug() {
    RuntimeException bug = new IllegalStateException("no", new ArithmeticException("/ by zero"));

    assertThat(Trouble.explain(TABLE, "reading it", bug)).isSameAs(bug);
    assertThatThrownBy(
            () ->
                Trouble.explain(
                    TABLE,
                    "reading it",
                    () -> {
                      throw bug;
                    }))
        .isSameAs(bug);
  }
}
