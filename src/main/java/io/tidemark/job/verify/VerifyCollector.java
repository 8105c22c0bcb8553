package io.tidemark.job.verify;

import io.tidemark.job.catalog.IcebergCatalogs;
import io.tidemark.job.slice.ResultDocument;
import io.tidemark.model.CheckOutcome;
import io.tidemark.model.DatasetDiff;
import io.tidemark.model.Expectation;
import io.tidemark.model.JobResult;
import io.tidemark.model.JobSpec;
import io.tidemark.model.RecordJson;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.iceberg.flink.TableLoader;

/** Adds up what all tasks found and writes the result document. Runs in one task. */
final class VerifyCollector extends AbstractStreamOperator<String>
    implements OneInputStreamOperator<String, String>, BoundedOneInput {
  private static final long serialVersionUID = 1;

  /** The check that comes for nothing with a diff. */
  static final String KEY_UNIQUE = "key_unique";

  /** Model records are not serializable; their JSON is. */
  private final String specJson;

  private final DiffColumns columns;
  private final DiffVerdict rules;
  private final boolean compared;
  private transient JobSpec.Verify spec;
  private transient DiffTally tally;
  private transient VerifyOutcomes outcomes;
  private transient long duplicates;
  private transient long baseDuplicates;
  private transient List<Long> duplicateSlices;

  /**
   * @param compared whether rows were read to compare them, so that duplicate keys were seen
   */
  VerifyCollector(JobSpec.Verify spec, DiffColumns columns, DiffVerdict rules, boolean compared) {
    this.specJson = RecordJson.write(spec, JobSpec.class);
    this.columns = columns;
    this.rules = rules;
    this.compared = compared;
  }

  @Override
  public void open() throws Exception {
    super.open();
    spec = (JobSpec.Verify) RecordJson.read(specJson, JobSpec.class);
    tally = new DiffTally(columns, rules, spec.samples());
    outcomes = new VerifyOutcomes();
    duplicateSlices = new ArrayList<>();
  }

  @Override
  public void processElement(StreamRecord<String> element) {
    VerifyPart part = VerifyPart.parse(element.getValue());
    if (part instanceof VerifyPart.Diffed diffed) {
      tally.merge(diffed);
      duplicates += diffed.duplicates();
      baseDuplicates += diffed.baseDuplicates();
      duplicateSlices.addAll(diffed.duplicateSlices());
    } else if (part instanceof VerifyPart.Tallied tallied) {
      outcomes.add(tallied);
    }
  }

  @Override
  public void endInput() throws IOException {
    List<CheckOutcome> checks = outcomes.decide(spec, columns);
    if (compared && !spec.output().key().isEmpty()) {
      checks.add(keyUnique());
    }
    DatasetDiff diff = tally.toDiff();
    JobResult.Verified result = new JobResult.Verified(spec.key(), Optional.of(diff), checks);
    try (TableLoader loader = IcebergCatalogs.tableLoader(spec.catalog(), spec.output().table())) {
      loader.open();
      ResultDocument.write(loader.loadTable(), spec.resultPath(), result);
    }
  }

  private CheckOutcome keyUnique() {
    String key = String.join(", ", spec.output().key());
    String base =
        baseDuplicates == 0 ? "" : "; main has " + baseDuplicates + " such keys in these slices";
    return new CheckOutcome(
        KEY_UNIQUE,
        Expectation.Severity.ERROR,
        duplicates,
        (duplicates == 0 ? "passed" : duplicates + " keys (" + key + ") have more than one row")
            + base,
        duplicateSlices.stream().sorted().distinct().toList());
  }
}
