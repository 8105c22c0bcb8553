package io.tidemark.release;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.lake.Lake.Committed;
import io.tidemark.model.ContentHash;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Governance;
import io.tidemark.model.Grain;
import io.tidemark.model.Layout;
import io.tidemark.model.RunId;
import io.tidemark.model.Schema;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.TableRef;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class InversesTest {
  private static final Dataset DATASET =
      new Dataset(
          DatasetId.of("t"),
          Dataset.Kind.DERIVED,
          TableRef.parse("db.t"),
          new Schema(List.of(io.tidemark.model.Column.required("at", "TIMESTAMP(6)"))),
          List.of("at"),
          new Layout(Optional.of("at"), Grain.HOUR, Grain.HOUR),
          new Governance(Governance.Tier.STANDARD, "", "", List.of()));

  private static Committed commit(long snapshot, Stamp.Kind kind, String run, LongStream ordinals) {
    Stamp stamp =
        new Stamp(
            run + "/publish",
            kind,
            DATASET.id(),
            new Stamp.Origin(
                Optional.of(new RunId(run)), Optional.empty(), Optional.empty(), new TreeMap<>()),
            new Stamp.Content(
                Grain.HOUR,
                ordinals
                    .mapToObj(o -> new Stamp.SliceDigest(o, snapshot, new ContentHash(snapshot, o)))
                    .toList(),
                Stamp.Content.ANY_COLUMN),
            "");
    return new Committed(snapshot, Optional.empty(), Instant.EPOCH, stamp);
  }

  private static List<Stamp> inverses(List<Committed> history, Committed publish) {
    SliceSet slices = publish.stamp().content().sliceSet();
    return Inverses.of(DATASET, history, publish, slices, "r/revert-t");
  }

  @Test
  void eachSliceGoesBackToWhatTheNewestCommitBeforeThePublishSaidOfIt() {
    Committed oldest = commit(1, Stamp.Kind.PUBLISH, "one", LongStream.range(0, 3));
    Committed older = commit(2, Stamp.Kind.PUBLISH, "two", LongStream.range(1, 3));
    Committed publish = commit(3, Stamp.Kind.PUBLISH, "three", LongStream.range(0, 4));
    Committed later = commit(4, Stamp.Kind.PUBLISH, "four", LongStream.range(0, 1));

    List<Stamp> inverses = inverses(List.of(later, publish, older, oldest), publish);

    assertThat(inverses)
        .extracting(s -> s.origin().run().map(RunId::value).orElse("none"))
        .containsExactly("one", "two", "none");
    assertThat(inverses)
        .extracting(s -> s.content().slices().stream().map(Stamp.SliceDigest::ordinal).toList())
        .containsExactly(List.of(0L), List.of(1L, 2L), List.of(3L));
    assertThat(inverses.get(1).content().slices().get(0).hash()).isEqualTo(new ContentHash(2, 1));
    assertThat(inverses).extracting(Stamp::key).doesNotHaveDuplicates();
  }

  /** With a look through every stamp for every slice this would take ten billion steps. */
  @Test
  void aHundredThousandSlicesAreLookedUpInOnePass() {
    int slices = 100_000;
    Committed before = commit(1, Stamp.Kind.PUBLISH, "one", LongStream.range(0, slices));
    Committed publish = commit(2, Stamp.Kind.PUBLISH, "two", LongStream.range(0, slices));

    List<Stamp> inverses = inverses(List.of(publish, before), publish);

    assertThat(inverses).hasSize(1);
    assertThat(inverses.get(0).content().slices()).isEqualTo(before.stamp().content().slices());
  }
}
