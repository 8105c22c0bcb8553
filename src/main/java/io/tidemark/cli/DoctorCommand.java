package io.tidemark.cli;

import io.tidemark.control.Examined;
import io.tidemark.control.Operation;
import io.tidemark.model.TidemarkException.Category;
import io.tidemark.model.doctor.Finding;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Says whether what Tidemark runs on does what it needs. */
@Command(
    name = "doctor",
    description = {
      "Try out everything that an environment runs on: catalog, files, database, Flink, Kafka,"
          + " clocks.",
      "Works in a namespace that is made for it and removed again. Exit code 0: nothing to do; 1:"
          + " something may surprise; 3: something does not work."
    })
final class DoctorCommand implements Callable<Integer> {
  private final Root root;

  DoctorCommand(Root root) {
    this.root = root;
  }

  @Override
  public Integer call() {
    Examined report = root.execute(new Operation.Examine());
    root.print(report, TextRenderer::text);
    return switch (report.worst()) {
      case OK -> 0;
      case WARN -> Category.USER.exitCode();
      case FAIL -> Category.EXTERNAL.exitCode();
    };
  }

  static String text(Examined report) {
    StringBuilder text = new StringBuilder();
    for (Finding finding : report.findings()) {
      text.append(
          String.format(
              Locale.ROOT,
              "%-5s%-10s%s\n",
              finding.level().name().toLowerCase(Locale.ROOT),
              finding.area(),
              finding.what()));
      if (!finding.fix().isEmpty()) {
        text.append(" ".repeat(15)).append(finding.fix()).append('\n');
      }
    }
    return text.toString();
  }
}
