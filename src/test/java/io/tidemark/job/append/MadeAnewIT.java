package io.tidemark.job.append;

import static io.tidemark.job.append.LiveScene.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.model.TidemarkException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is committed of a topic whose name may come to stand for another. */
final class MadeAnewIT {
  @TempDir Path dir;

  private static void checkpoint(
      Commits commits, LiveScene scene, long number, long from, long to) {
    scene.reports(from, to, Optional.empty()).forEach(commits::add);
    Commits.Stored ignored = commits.snapshot(number);
    commits.complete(number);
  }

  @Test
  void whatWasReadOfATopicThatWasMadeAnewIsNotCommitted() {
    try (LiveScene scene = new LiveScene(dir);
        Commits commits = Commits.started(scene.spec("j1"), scene.topics())) {
      commits.open();
      checkpoint(commits, scene, 1, 0, 5);
      scene.topics().away();
      checkpoint(commits, scene, 2, 5, 9);
      assertThat(commits.pendingCheckpoints()).isEqualTo(1);
      assertThat(commits.waitingSince()).isPositive();
      assertThat(scene.rows(scene.events().table())).hasSize(5);

      scene.topics().same();
      checkpoint(commits, scene, 3, 9, 12);
      assertThat(scene.rows(scene.events().table())).isEqualTo(texts(0, 12));

      scene.topics().other();
      assertThatThrownBy(() -> checkpoint(commits, scene, 4, 12, 20))
          .isInstanceOfSatisfying(
              TidemarkException.class,
              e -> {
                assertThat(e.category()).isEqualTo(TidemarkException.Category.REFUSED);
                assertThat(e.problems().get(0).code()).isEqualTo("TM-LIVE-038");
              });
      assertThat(scene.rows(scene.events().table())).isEqualTo(texts(0, 12));
      assertThat(scene.rows(scene.hours().table())).isEqualTo(texts(0, 12));
    }
  }
}
