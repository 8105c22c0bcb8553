package io.tidemark.cli;

import io.tidemark.cli.text.Paint;
import io.tidemark.control.Operation;
import io.tidemark.control.Report;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Commands about jobs/ and config/ alone. */
final class ProjectCommands {
  private ProjectCommands() {}

  @Command(name = "init", description = "Write a minimal, commented project.")
  static final class Init implements Callable<Integer> {
    private final Root root;

    @Parameters(index = "0", paramLabel = "DIR", description = "A missing or empty folder.")
    private Path directory;

    Init(Root root) {
      this.root = root;
    }

    @Override
    public Integer call() {
      return root.answer(new Operation.Init(directory));
    }
  }

  @Command(name = "validate", description = "Report every problem of jobs/ and config/ at once.")
  static final class Validate implements Callable<Integer> {
    private final Root root;

    Validate(Root root) {
      this.root = root;
    }

    @Override
    public Integer call() {
      return root.answer(new Operation.Validate());
    }
  }

  @Command(name = "graph", description = "Show the datasets and transforms of jobs/.")
  static final class ShowGraph implements Callable<Integer> {
    private final Root root;

    @Option(
        names = "--as",
        paramLabel = "FORM",
        defaultValue = "text",
        description = "text, dot (Graphviz) or mermaid; --format json for JSON.")
    private Form form;

    /** How the graph is drawn. */
    enum Form {
      TEXT,
      DOT,
      MERMAID
    }

    ShowGraph(Root root) {
      this.root = root;
    }

    @Override
    public Integer call() {
      return root.answer(new Operation.ShowGraph(), this::draw);
    }

    private String draw(Report.GraphShown report, Paint paint) {
      return switch (form) {
        case TEXT -> GraphText.text(report.graph(), paint);
        case DOT -> GraphText.dot(report.graph());
        case MERMAID -> GraphText.mermaid(report.graph());
      };
    }
  }
}
