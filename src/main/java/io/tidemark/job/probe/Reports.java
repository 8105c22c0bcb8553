package io.tidemark.job.probe;

import io.tidemark.job.catalog.IcebergCatalogs;
import io.tidemark.job.probe.Attempts.Report;
import io.tidemark.model.JobSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.RecordJson;
import io.tidemark.model.TidemarkException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.iceberg.flink.TableLoader;

/**
 * Looks whether it sees what all tasks wrote, removes it, and fails with what they found or writes
 * down who they were. Runs in one task.
 */
final class Reports extends AbstractStreamOperator<String>
    implements OneInputStreamOperator<String, String>, BoundedOneInput {
  private static final long serialVersionUID = 1;

  private final String specJson;
  private transient List<Report> reports;

  Reports(JobSpec.Probe spec) {
    this.specJson = RecordJson.write(spec, JobSpec.class);
  }

  @Override
  public void open() throws Exception {
    super.open();
    reports = new ArrayList<>();
  }

  @Override
  public void processElement(StreamRecord<String> report) {
    reports.add(RecordJson.read(report.getValue(), Report.class));
  }

  @Override
  public void endInput() throws IOException {
    JobSpec.Probe spec = (JobSpec.Probe) RecordJson.read(specJson, JobSpec.class);
    Trial here = Trial.of(spec, "gather");
    // What several tasks of one machine found is told once.
    Map<String, Problem> problems = new LinkedHashMap<>();
    for (Report report : reports) {
      report.problems().forEach(p -> problems.putIfAbsent(p.what(), p));
      if (report.problems().isEmpty()) {
        here.sees(report.task()).ifPresent(p -> problems.putIfAbsent(p.what(), p));
      }
    }
    here.forget();
    if (!problems.isEmpty()) {
      throw new TidemarkException(
          TidemarkException.Category.EXTERNAL, List.copyOf(problems.values()), null);
    }
    String machines =
        reports.stream()
            .map(Report::machine)
            .collect(Collectors.toCollection(TreeSet::new))
            .stream()
            .collect(Collectors.joining("\n"));
    try (TableLoader loader = IcebergCatalogs.tableLoader(spec.catalog(), spec.table())) {
      loader.open();
      try (OutputStream out =
          loader.loadTable().io().newOutputFile(spec.resultPath()).createOrOverwrite()) {
        out.write(machines.getBytes(StandardCharsets.UTF_8));
      }
    }
  }
}
