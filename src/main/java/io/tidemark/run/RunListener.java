package io.tidemark.run;

import io.tidemark.model.RunId;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Step;
import io.tidemark.model.TidemarkException;
import java.time.Duration;

/** Told how a run gets on, on any thread. Must return quickly and not throw. */
public interface RunListener {

  /** A step begins; not called for one that an earlier process finished. */
  void started(RunId run, Step step);

  /**
   * About once a second while a job runs.
   *
   * @param fraction 0 to 1; negative while it is not known
   * @param rows written so far
   */
  void progress(RunId run, Step step, double fraction, long rows);

  /**
   * A step is done and recorded.
   *
   * @param done the slices that it computed or checked
   * @param passedOver the slices of the step that need not be computed, since their inputs came out
   *     as they were
   */
  void finished(RunId run, Step step, SliceSet done, SliceSet passedOver);

  /** Something outside failed and is tried again after a pause. */
  void retrying(RunId run, Step step, TidemarkException cause, Duration pause);

  /** Looks away. */
  RunListener NONE =
      new RunListener() {
        @Override
        public void started(RunId run, Step step) {}

        @Override
        public void progress(RunId run, Step step, double fraction, long rows) {}

        @Override
        public void finished(RunId run, Step step, SliceSet done, SliceSet passedOver) {}

        @Override
        public void retrying(RunId run, Step step, TidemarkException cause, Duration pause) {}
      };
}
