package io.tidemark;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.model.json.Json;
import io.tidemark.testing.ChildJvm;
import io.tidemark.testing.CommandLineSession.Result;
import io.tidemark.testing.KafkaBroker;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Live jobs of a session cluster that are started by more than one. */
@Timeout(600)
class KeptLiveIT {
  @RegisterExtension static final KafkaBroker KAFKA = new KafkaBroker();

  private static final Instant OPENS = Instant.parse("2026-11-01T06:30:00Z");

  private Path folder;
  private LiveShop shop;

  @BeforeEach
  void opensTheShop(@TempDir Path temporary) throws IOException {
    folder = temporary;
    shop = new LiveShop(KAFKA, folder, 7, OPENS);
    shop.project().useFirstVersion();
    shop.succeeds("load", "rates", folder.resolve("jobs/orders/data/rates.csv").toString());
  }

  @AfterEach
  void closes() {
    shop.close();
  }

  @Test
  void whatIsStartedAgainIsWhatJobsHoldThenAndWhoIsSlowerIsNotRefused() throws Exception {
    Path log = folder.resolve("keeper.log");
    Process keeper = ChildJvm.tidemark(folder, log, List.of("-Xmx512m"), "live", "start", "--keep");
    try {
      LiveShop.awaitTrue(shop::isRunning);
      shop.project().useFix();
      assertThat(otherCode()).isEqualTo(List.of("order_values"));

      shop.loseJobs();

      LiveShop.awaitTrue(shop::isRunning);
      assertThat(otherCode()).isEqualTo(List.of());
    } finally {
      keeper.destroyForcibly().waitFor();
    }

    shop.succeeds("live", "stop");
    CompletableFuture<Result> other =
        CompletableFuture.supplyAsync(() -> shop.run("live", "start"));
    Result own = shop.run("live", "start");

    assertThat(List.of(own, other.join())).extracting(Result::exitCode).containsOnly(0);
    assertThat(shop.isRunning()).isTrue();
  }

  private Object otherCode() {
    return ((Map<?, ?>) Json.parse(shop.succeeds("live", "status", "--format", "json").out()))
        .get("otherCode");
  }
}
