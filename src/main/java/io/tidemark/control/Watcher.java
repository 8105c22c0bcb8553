package io.tidemark.control;

import io.tidemark.model.LiveStatus;

/** Told how an operation gets on, on any thread. Must return quickly and not throw. */
public interface Watcher {

  /** Something that a person should know now, as one sentence: an interrupted run is resumed. */
  void note(String text);

  /** How far one step is; called about once a second while it runs, and at its start and end. */
  void step(StepProgress progress);

  /** How long-running work does now, told about once a second; each replaces the one before. */
  void status(LiveStatus status);

  /** Whether work that does not end by itself is to be brought to an orderly end now. */
  boolean wantsTheEnd();

  /**
   * @param step the step's id, unique within the operation
   * @param label for people: {@code build airport_day}
   * @param fraction 0 to 1; negative while it is not known
   * @param detail for people: rows written so far, slices; may be empty
   */
  record StepProgress(String step, String label, Phase phase, double fraction, String detail) {}

  /** Where a step is. */
  enum Phase {
    STARTED,
    RUNNING,
    DONE,
    FAILED
  }

  /** Looks away. */
  Watcher NONE =
      new Watcher() {
        @Override
        public void note(String text) {}

        @Override
        public void step(StepProgress progress) {}

        @Override
        public void status(LiveStatus status) {}

        @Override
        public boolean wantsTheEnd() {
          return false;
        }
      };
}
