package io.tidemark.run;

import io.tidemark.model.RunId;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Step;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.log.LogLine;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes to the log how a run gets on, and tells who listens. */
record LoggedSteps(RunListener next) implements RunListener {
  private static final Logger LOG = LoggerFactory.getLogger(LoggedSteps.class);

  private static LogLine line(String event, RunId run, Step step) {
    return LogLine.of(event).with("run", run).with("step", step.id());
  }

  @Override
  public void started(RunId run, Step step) {
    LOG.info(line("step-started", run, step).toString());
    next.started(run, step);
  }

  @Override
  public void progress(RunId run, Step step, double fraction, long rows) {
    next.progress(run, step, fraction, rows);
  }

  @Override
  public void finished(RunId run, Step step, SliceSet done, SliceSet passedOver) {
    LOG.info(
        line("step-finished", run, step)
            .with("slices", done)
            .with("passed_over", passedOver)
            .toString());
    next.finished(run, step, done, passedOver);
  }

  @Override
  public void retrying(RunId run, Step step, TidemarkException cause, Duration pause) {
    LOG.warn(line("step-failed", run, step).with("again_in", pause).because(cause).toString());
    next.retrying(run, step, cause, pause);
  }
}
