package io.tidemark.control.handlers;

import io.tidemark.control.Operation;
import io.tidemark.control.Ordered;
import io.tidemark.live.LiveJobs;
import io.tidemark.live.parts.Parts;
import io.tidemark.model.LiveSpec;
import io.tidemark.model.Problem;
import io.tidemark.model.RecordJson;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.version.OrderVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Collectors;

/** Writes down what a live job is to do, for who starts it by hand. */
final class OrderHandler {
  private final Workplace workplace;

  OrderHandler(Workplace workplace) {
    this.workplace = workplace;
  }

  Ordered order(Operation.OrderLive operation) {
    List<LivePart> parts = LivePart.of(workplace.graph(), operation.datasets());
    if (parts.size() > 1) {
      throw several(parts);
    }
    LivePart part = parts.get(0);
    LiveJobs jobs = workplace.liveJobs();
    jobs.requireUnmade(part.graph(), Parts.names(workplace.graph()));
    LiveSpec order = jobs.order(part.request(operation.from(), operation.acceptedGaps()));
    write(order, operation.file());
    return new Ordered(
        order.name(),
        order.epoch(),
        order.sources().stream().map(s -> s.dataset().id()).toList(),
        order.tasks().stream().map(t -> t.transform().output()).toList(),
        operation.file(),
        OrderVersion.own().toString());
  }

  private static TidemarkException several(List<LivePart> parts) {
    return TidemarkException.user(
        Problem.of(
            "TM-LIVE-153",
            "these datasets belong to several live jobs, and an order is of one",
            "the jobs are "
                + parts.stream()
                    .map(p -> "'" + p.graph().name() + "'")
                    .collect(Collectors.joining(", ")),
            "name a dataset of one of them: tidemark live order DATASET --to FILE"));
  }

  /** A temporary file is its owner's alone, and keeps that when it is moved. */
  private static void write(LiveSpec order, Path file) {
    Path target = file.toAbsolutePath();
    try {
      Path temporary = Files.createTempFile(target.getParent(), ".order-", ".json");
      try {
        Files.writeString(temporary, RecordJson.write(order, LiveSpec.class));
        Files.move(temporary, target, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(temporary);
      }
    } catch (IOException e) {
      throw TidemarkException.user(
          Problem.of(
              "TM-LIVE-154",
              "cannot write " + file,
              e.getClass().getSimpleName(),
              "give --to a file in a folder that is there and can be written"));
    }
  }
}
