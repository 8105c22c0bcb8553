package io.tidemark.release;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.model.Environment.StoreSpec;
import io.tidemark.model.TidemarkException;
import io.tidemark.store.Store;
import io.tidemark.store.Stores;
import io.tidemark.testing.JumpingClock;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClaimsIT {
  private static final Instant NOW = Instant.parse("2001-01-01T00:00:00Z");

  @TempDir Path folder;
  private Store store;
  private Claims claims;
  private final JumpingClock clock = new JumpingClock(NOW);

  @BeforeEach
  void open() {
    store =
        Stores.open(
            new StoreSpec(
                "jdbc:sqlite:" + folder.resolve("c.db"), Optional.empty(), Optional.empty()));
    claims = new Claims(store, Clock.fixed(NOW, ZoneOffset.UTC));
  }

  @AfterEach
  void close() {
    store.close();
  }

  @Test
  void allAreTakenOrNone() {
    try (Claims.Claim first = claims.take(List.of("b"))) {
      first.check();
      assertThatThrownBy(() -> claims.take(List.of("a", "b")))
          .isInstanceOfSatisfying(
              TidemarkException.class,
              e ->
                  assertThat(e.problems().get(0).what())
                      .contains(
                          "b is being worked on by process " + ProcessHandle.current().pid()));
      claims.take(List.of("a")).close();
    }
    claims.take(List.of("a", "b")).close();
  }

  @Test
  void aClaimOfAProcessThatIsGoneIsTakenOverAtOnce() {
    String host = Holder.current().host();
    store.acquire(
        "run r1",
        "process 999999999 on " + host + " since " + NOW + " (work 0a)",
        Duration.ofHours(1),
        NOW);

    claims.take(List.of("run r1")).close();
  }

  @Test
  void aNumberThatAnotherProcessHasNowDoesNotKeepAClaim() {
    Holder self = Holder.current();
    store.acquire(
        "run r1",
        "process " + self.process() + " on " + self.host() + " since " + NOW + " (work 0a)",
        Duration.ofHours(1),
        NOW);

    claims.take(List.of("run r1")).close();
  }

  @Test
  void aRenewalThatComesAfterTheEndTakesNothing() {
    Claims.Claim claim = claims.take(List.of("run r1"));
    claim.close();

    claim.renew();

    claims.take(List.of("run r1")).close();
  }

  @Test
  void aClaimOfAnotherHostIsWaitedForUntilItEnds() {
    store.acquire(
        "run r1", "process 1 on elsewhere since " + NOW + " (work 0a)", Duration.ofMinutes(1), NOW);

    assertThatThrownBy(() -> claims.take(List.of("run r1"))).hasMessageContaining("elsewhere");
    new Claims(store, Clock.fixed(NOW.plusSeconds(61), ZoneOffset.UTC))
        .take(List.of("run r1"))
        .close();
  }

  /** Of a clock that was set, the start of every process moves with it. */
  @Test
  void aLivingProcessKeepsItsClaimThoughTheClockWasSet() {
    Holder self = Holder.current();
    Holder before =
        new Holder(self.process(), self.host(), NOW.toString(), self.work(), self.tick());
    store.acquire("run r1", before.toString(), Duration.ofHours(1), NOW);

    assertThatThrownBy(() -> claims.take(List.of("run r1"))).hasMessageContaining("worked on");
  }

  @Test
  void aClockThatJumpsForthEndsNoClaimThatNobodyElseTook() {
    try (Claims.Claim claim = clocked().take(List.of("run r1"))) {
      clock.jump(Duration.ofHours(1));

      claim.check();

      assertThatThrownBy(() -> clocked().take(List.of("run r1"))).hasMessageContaining("worked on");
    }
  }

  @Test
  void whatAnotherTookWhileTheClockWasAheadIsLostForGood() {
    try (Claims.Claim claim = clocked().take(List.of("run r1"))) {
      clock.jump(Duration.ofHours(1));
      clocked().take(List.of("run r1")).close();
      clock.jump(Duration.ofHours(-1));

      claim.renew();
      clocked().take(List.of("run r1")).close();

      assertThatThrownBy(claim::check).hasMessageContaining("ran out");
    }
  }

  @Test
  void aClockThatJumpsBackProlongsNoClaimThatCannotBeRenewed() throws Exception {
    Claims.Claim claim = clocked().take(List.of("run r1"));
    clock.jump(Duration.ofHours(-1));
    breakStore();
    clock.pass(Duration.ofSeconds(61));

    assertThatThrownBy(claim::check).hasMessageContaining("ran out");
  }

  private void breakStore() throws SQLException {
    try (Connection database =
            DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("c.db"));
        Statement statement = database.createStatement()) {
      statement.execute("ALTER TABLE tidemark_lease RENAME TO away");
    }
  }

  private Claims clocked() {
    return new Claims(store, clock, clock::nanos);
  }
}
