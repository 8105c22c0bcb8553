package io.tidemark.cli;

import io.tidemark.control.Operation;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Commands about what the tables hold. */
final class DataCommands {
  private DataCommands() {}

  @Command(
      name = "load",
      description = "Load csv, json lines or parquet files into a source or reference.")
  static final class Load implements Callable<Integer> {
    private final Root root;

    @Parameters(index = "0", paramLabel = "DATASET", description = "A source or reference.")
    private String dataset;

    @Spec private CommandSpec spec;

    @Parameters(index = "1..*", arity = "0..*", paramLabel = "FILE", description = "The files.")
    private List<Path> files;

    @Option(
        names = "--dead-letter",
        description =
            "Instead of files: what live jobs could not read of the source's topic, as far as it"
                + " can be read now.")
    private boolean deadLetters;

    @Option(
        names = "--as",
        paramLabel = "FORM",
        description = "csv, json or parquet; by default told by each file's name.")
    private String form;

    @Option(
        names = "--max-bad",
        paramLabel = "SHARE",
        defaultValue = "0.01",
        description = "Load nothing if more than this share of rows is unreadable (0 to 1).")
    private double maxBad;

    Load(Root root) {
      this.root = root;
    }

    @Override
    public Integer call() {
      if ((files == null) != deadLetters) {
        throw new ParameterException(spec.commandLine(), "expected files, or --dead-letter");
      }
      List<Path> given = deadLetters ? List.of() : files;
      return root.answer(new Operation.Load(dataset, given, Optional.ofNullable(form), maxBad));
    }
  }

  @Command(name = "status", description = "Show fresh and stale slices, and why.")
  static final class Status implements Callable<Integer> {
    private final Root root;

    @Parameters(
        index = "0",
        arity = "0..1",
        paramLabel = "DATASET",
        description = "List the slices of this one with rows and content hashes.")
    private String dataset;

    Status(Root root) {
      this.root = root;
    }

    @Override
    public Integer call() {
      return dataset == null
          ? root.answer(new Operation.Status())
          : root.answer(new Operation.ShowSlices(dataset));
    }
  }

  @Command(name = "history", description = "List the commits on main with their provenance.")
  static final class History implements Callable<Integer> {
    private final Root root;

    @Parameters(index = "0", paramLabel = "DATASET", description = "Any dataset.")
    private String dataset;

    @Mixin private Newest newest;

    History(Root root) {
      this.root = root;
    }

    @Override
    public Integer call() {
      return root.answer(new Operation.ShowHistory(dataset, newest.limit()));
    }
  }

  @Command(
      name = "lineage",
      description = "Show what a dataset or column is made from, and what is made from it.")
  static final class Lineage implements Callable<Integer> {
    private final Root root;

    @Parameters(index = "0", paramLabel = "DATASET[.COLUMN]", description = "Where to look.")
    private String node;

    Lineage(Root root) {
      this.root = root;
    }

    @Override
    public Integer call() {
      int dot = node.indexOf('.');
      return root.answer(
          dot < 0
              ? new Operation.Lineage(node, Optional.empty())
              : new Operation.Lineage(
                  node.substring(0, dot), Optional.of(node.substring(dot + 1))));
    }
  }

  @Command(name = "query", description = "Run a read-only Flink SQL query over the tables.")
  static final class Query implements Callable<Integer> {
    private final Root root;

    @Parameters(index = "0", paramLabel = "SQL", description = "One SELECT; name the datasets.")
    private String sql;

    @Option(
        names = "--limit",
        paramLabel = "N",
        defaultValue = "100",
        description = "Print at most N rows; 100 by default.")
    private int limit;

    Query(Root root) {
      this.root = root;
    }

    @Override
    public Integer call() {
      return root.answer(new Operation.Query(sql, limit));
    }
  }
}
