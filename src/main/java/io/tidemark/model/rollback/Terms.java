package io.tidemark.model.rollback;

import java.util.Objects;

/**
 * On what terms a table is rolled back.
 *
 * @param who does it, for people
 * @param why, for people; empty if nothing was said
 */
public record Terms(Act act, Live live, String who, String why) {

  /** Whether anything is changed. */
  public enum Act {
    /** Only say what would be lost, and what stands against it. */
    LOOK,
    /** Roll back. */
    GO
  }

  /** What becomes of a live job that writes the table. */
  public enum Live {
    /** There must be none. */
    NONE,
    /**
     * It is stopped after a last commit. Its next start goes on from the mark that the table then
     * has: what was read from topics since is read once more.
     */
    REREAD
  }

  public Terms {
    Objects.requireNonNull(act, "act");
    Objects.requireNonNull(live, "live");
    Objects.requireNonNull(who, "who");
    Objects.requireNonNull(why, "why");
  }
}
