package io.tidemark.lake;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.lake.Lake.Conflict;
import io.tidemark.lake.Lake.Done;
import io.tidemark.model.Grain;
import io.tidemark.model.Pin;
import io.tidemark.model.SliceSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What every catalog has to hold; one subclass each. */
abstract class LakeContract {
  abstract Scene scene();

  @Test
  void publishReplacesTheSlicesAndRevertPutsThemBack() {
    Scene s = scene();
    s.append(s.row(1, "2001-01-05", "old"), s.row(2, "2001-02-05", "old"));
    long base = s.head();
    long candidate =
        s.candidate(
            "r1", base, "2001-01", s.row(1, "2001-01-05", "new"), s.row(3, "2001-01-06", "new"));
    assertThat(s.rows()).hasSize(2);

    Done done = (Done) s.publish("r1", base, candidate, "2001-01");

    assertThat(s.rows())
        .isEqualTo(
            s.text(
                s.row(1, "2001-01-05", "new"),
                s.row(3, "2001-01-06", "new"),
                s.row(2, "2001-02-05", "old")));
    s.append(s.row(4, "2001-01-09", "later"), s.row(5, "2001-03-01", "later"));
    assertThat(s.revert("r2", done.snapshot(), "2001-01")).isInstanceOf(Done.class);
    assertThat(s.rows())
        .isEqualTo(
            s.text(
                s.row(1, "2001-01-05", "old"),
                s.row(2, "2001-02-05", "old"),
                s.row(4, "2001-01-09", "later"),
                s.row(5, "2001-03-01", "later")));
    s.expire();
    assertThat(s.rows()).hasSize(4);
  }

  @Test
  void firstPublishIntoAnEmptyMainWorksAndItsRevertRestoresEmptiness() {
    Scene s = scene();
    long candidate = s.candidate("r1", 0, "2001-01", s.row(1, "2001-01-05", "new"));

    Done done = (Done) s.publish("r1", 0, candidate, "2001-01");

    assertThat(s.rows()).isEqualTo(s.text(s.row(1, "2001-01-05", "new")));
    assertThat(s.revert("r2", done.snapshot(), "2001-01")).isInstanceOf(Done.class);
    assertThat(s.rows()).isEmpty();
  }

  @Test
  void publishIsRefusedForExactlyTheSlicesThatAForeignCommitTouched() {
    Scene s = scene();
    s.append(s.row(1, "2001-01-05", "old"), s.row(2, "2001-02-05", "old"));
    long base = s.head();
    long candidate =
        s.candidate(
            "r1",
            base,
            "2001-01..2001-02",
            s.row(1, "2001-01-05", "n"),
            s.row(2, "2001-02-05", "n"));
    s.append(s.row(9, "2001-02-07", "late"), s.row(8, "2001-07-07", "elsewhere"));
    List<String> before = s.rows();

    Conflict conflict = (Conflict) s.publish("r1", base, candidate, "2001-01..2001-02");

    assertThat(conflict.slices()).isEqualTo(SliceSet.parse(Grain.MONTH, "2001-02"));
    assertThat(s.rows()).isEqualTo(before);
  }

  @Test
  void compactionOfTheSameRowsIsNoConflict() {
    Scene s = scene();
    s.append(s.row(1, "2001-01-05", "old"));
    s.append(s.row(2, "2001-01-06", "old"), s.row(3, "2001-02-06", "old"));
    long base = s.head();
    long candidate = s.candidate("r1", base, "2001-01", s.row(1, "2001-01-05", "new"));
    s.compact();

    Done done = (Done) s.publish("r1", base, candidate, "2001-01");

    assertThat(s.rows())
        .isEqualTo(s.text(s.row(1, "2001-01-05", "new"), s.row(3, "2001-02-06", "old")));
    s.compact();
    assertThat(s.revert("r2", done.snapshot(), "2001-01")).isInstanceOf(Done.class);
    assertThat(s.rows()).hasSize(3);
    assertThat(s.lake().changesSince(s.dataset(), Pin.main(base)).unknown()).isEmpty();
    assertThat(s.lake().facts(s.dataset(), Set.of(Pin.main(base)))).isPresent();
  }
}
