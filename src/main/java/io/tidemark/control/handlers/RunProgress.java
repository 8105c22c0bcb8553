package io.tidemark.control.handlers;

import io.tidemark.control.Watcher;
import io.tidemark.control.Watcher.Phase;
import io.tidemark.control.Watcher.StepProgress;
import io.tidemark.model.Problem;
import io.tidemark.model.RunId;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Step;
import io.tidemark.model.TidemarkException;
import io.tidemark.run.RunListener;
import java.time.Duration;
import java.util.Locale;

/** Passes a run's progress on to whoever watches the operation. */
record RunProgress(Watcher watcher) implements RunListener {
  @Override
  public void started(RunId run, Step step) {
    tell(run, step, Phase.STARTED, -1, "");
  }

  @Override
  public void progress(RunId run, Step step, double fraction, long rows) {
    String detail = rows > 0 ? String.format(Locale.ROOT, "%,d rows", rows) : "";
    tell(run, step, Phase.RUNNING, fraction, detail);
  }

  @Override
  public void finished(RunId run, Step step, SliceSet done, SliceSet passedOver) {
    String detail = done.isEmpty() ? "" : slices(done.count());
    if (!passedOver.isEmpty()) {
      detail =
          (detail.isEmpty() ? "" : detail + ", ")
              + slices(passedOver.count())
              + " passed over as unchanged";
    }
    tell(run, step, Phase.DONE, 1, detail);
  }

  @Override
  public void retrying(RunId run, Step step, TidemarkException cause, Duration pause) {
    String why = cause.problems().stream().map(Problem::what).findFirst().orElse("");
    watcher.note(
        label(step) + " is tried again in " + Math.max(1, pause.toSeconds()) + " s: " + why);
  }

  private static String slices(long count) {
    return String.format(Locale.ROOT, "%,d slice%s", count, count == 1 ? "" : "s");
  }

  private void tell(RunId run, Step step, Phase phase, double fraction, String detail) {
    watcher.step(new StepProgress(run + "/" + step.id(), label(step), phase, fraction, detail));
  }

  private static String label(Step step) {
    return step.accept(
        new Step.Visitor<>() {
          @Override
          public String prepare(Step.PrepareV2 s) {
            return "prepare branch and leases";
          }

          @Override
          public String build(Step.BuildV1 s) {
            return "build " + s.dataset();
          }

          @Override
          public String verify(Step.VerifyV1 s) {
            return "verify " + s.dataset();
          }

          @Override
          public String publish(Step.PublishV1 s) {
            return "publish " + s.dataset();
          }
        });
  }
}
