package io.tidemark.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.live.Swap.Stage;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SwapTest {
  @Test
  void everyStageButTheBranchForAShadowThatIsGoneFollowsFromTheFirst() {
    List<Stage> way = new ArrayList<>();
    for (Optional<Stage> at = Optional.of(Stage.DECIDED); at.isPresent(); at = at.get().next()) {
      assertThat(way).doesNotContain(at.get());
      way.add(at.get());
    }

    assertThat(way)
        .containsExactly(
            Stage.DECIDED,
            Stage.MAIN_STOPPED,
            Stage.CAUGHT_UP,
            Stage.SHADOW_STOPPED,
            Stage.PUBLISHED,
            Stage.STARTED,
            Stage.DONE);
    assertThat(Stage.BEHIND.next().flatMap(Stage::next)).contains(Stage.PUBLISHED);
  }

  @ParameterizedTest
  @EnumSource(Stage.class)
  void everyStageIsInTheTableOfTheDesignNote(Stage stage) throws Exception {
    String note =
        Files.readString(
            Path.of("docs/design/0127-how-a-shadow-takes-over.md"), StandardCharsets.UTF_8);

    assertThat(note).contains("| `" + stage + "` |");
  }
}
