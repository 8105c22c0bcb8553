package io.tidemark.lake;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.lake.Lake.Conflict;
import io.tidemark.lake.Lake.Done;
import io.tidemark.lake.Lake.Outcome;
import io.tidemark.model.Grain;
import io.tidemark.model.SliceSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.testing.LakeFixture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.LongStream;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.Table;

/**
 * Whatever happens in whatever order, main holds what a model of nothing but sets of rows says, and
 * can be read to the last file. Where the lake refuses, it must have had a reason. The seed is
 * fixed so that a build can be repeated; another one looks elsewhere.
 */
final class InterleavingsIT {
  private static final int MONTHS = 4;

  private static Path dir;
  private static LakeFixture fixture;
  private static int tables;

  @BeforeContainer
  static void open() throws IOException {
    dir = Files.createTempDirectory("interleavings");
    fixture = new LakeFixture(LakeFixture.sqlite(dir));
  }

  @AfterContainer
  static void close() throws IOException {
    fixture.close();
    delete(dir.toFile());
  }

  private static void delete(java.io.File file) {
    java.io.File[] inside = file.listFiles();
    for (java.io.File f : inside == null ? new java.io.File[0] : inside) {
      delete(f);
    }
    file.delete();
  }

  @Property(
      tries = 12,
      seed = "20011",
      edgeCases = EdgeCasesMode.NONE,
      shrinking = ShrinkingMode.BOUNDED)
  void mainHoldsWhatTheModelSays(
      @ForAll @Size(min = 4, max = 14) List<@LongRange(min = 0, max = 999_999) Long> script) {
    try (World world = new World(new Scene(fixture.spec(), Scene.monthly("db.t" + tables++)))) {
      for (long step : script) {
        world.perform(step);
        world.check();
      }
    }
  }

  /** Rows are their numbers; a slice is the set of rows in it. */
  private static final class World implements AutoCloseable {
    private final Scene scene;
    private final Map<Integer, Set<Long>> main = new TreeMap<>();
    private final Map<Integer, Integer> version = new HashMap<>();
    private final List<Published> publishes = new ArrayList<>();
    private final Map<Long, Map<Integer, Set<Long>>> snapshots = new HashMap<>();
    private final List<String> log = new ArrayList<>();
    private long rows;
    private int runs;
    private boolean expired;

    /** A publish, and per slice: rows before and after, and whether later rows were mixed in. */
    private record Published(
        long snapshot,
        Map<Integer, Set<Long>> before,
        Map<Integer, Set<Long>> after,
        Set<Integer> spoilt) {}

    World(Scene scene) {
      this.scene = scene;
    }

    void perform(long step) {
      int mask = (int) (step / 10 % 15) + 1;
      int more = (int) (step / 150);
      switch ((int) (step % 10)) {
        case 0, 1 -> publish(mask, -1, 0);
        case 2, 3 -> publish(mask, more % 4, more / 4 % 15 + 1);
        case 4 -> append(mask);
        case 5, 6 -> revert(more, mask);
        case 7 -> compact();
        case 8 -> expire();
        default -> {
          if (more % 2 == 0) {
            rollback(more / 2);
          } else {
            delete(mask);
          }
        }
      }
      snapshots.put(scene.head(), copy());
    }

    /** Publishes the slices of the mask; meanwhile somebody else does something. */
    private void publish(int mask, int meanwhile, int other) {
      String run = "r" + ++runs;
      long base = scene.head();
      Map<Integer, Set<Long>> atBase = copy();
      Map<Integer, Integer> versionAtBase = new HashMap<>(version);
      Map<Integer, Set<Long>> wanted = new TreeMap<>();
      List<List<Object>> content = new ArrayList<>();
      for (int month : months(mask)) {
        wanted.put(month, new TreeSet<>());
        for (long i = rows % 3; i > 0; i--) {
          content.add(row(month, ++rows));
          wanted.get(month).add(rows);
        }
        rows++;
      }
      long candidate = candidate(run, base, mask, content);
      switch (meanwhile) {
        case 0 -> append(other);
        case 1 -> compact();
        case 2 -> delete(other);
        case 3 -> publish(other, -1, 0);
        default -> {}
      }
      Map<Integer, Set<Long>> now = copy();
      Outcome outcome = scene.publish(run, base, candidate, slices(mask));
      log.add(run + " published " + months(mask) + ": " + outcome);
      Set<Integer> differing = new TreeSet<>();
      Set<Integer> touched = new TreeSet<>();
      for (int month : months(mask)) {
        if (!in(atBase, month).equals(in(now, month))) {
          differing.add(month);
        }
        if (!versionAtBase.getOrDefault(month, 0).equals(version.getOrDefault(month, 0))) {
          touched.add(month);
        }
      }
      if (outcome instanceof Conflict conflict) {
        assertThat(months(conflict.slices())).as(log.toString()).containsAll(differing);
        assertThat(touched).as(log.toString()).containsAll(months(conflict.slices()));
        return;
      }
      assertThat(differing).as("nothing lost: " + log).isEmpty();
      Map<Integer, Set<Long>> before = new TreeMap<>();
      wanted.forEach(
          (month, after) -> {
            before.put(month, in(main, month));
            set(month, after);
          });
      publishes.add(new Published(((Done) outcome).snapshot(), before, wanted, new HashSet<>()));
    }

    private long candidate(String run, long base, int mask, List<List<Object>> content) {
      String branch = new io.tidemark.model.RunId(run).branch();
      scene.lake().branch(scene.table(), branch, base);
      SliceSet slices = scene.slices(slices(mask));
      return fixture.build(
          scene.dataset(),
          branch,
          slices,
          content,
          scene.stamp(run, "build", io.tidemark.model.Stamp.Kind.BUILD, slices));
    }

    private void append(int mask) {
      List<List<Object>> content = new ArrayList<>();
      for (int month : months(mask)) {
        content.add(row(month, ++rows));
        Set<Long> more = new TreeSet<>(in(main, month));
        more.add(rows);
        set(month, more);
      }
      fixture.append(scene.table(), content);
      log.add("appended to " + months(mask));
    }

    private void delete(int mask) {
      Table table = scene.fixture().table(scene.table());
      var delete = table.newDelete();
      for (DataFile file : LakeFixture.files(table, scene.head())) {
        int month = file.partition().get(0, Integer.class) - (int) first();
        if (months(mask).contains(month)) {
          delete.deleteFile(file);
          set(month, Set.of());
        }
      }
      delete.commit();
      log.add("deleted " + months(mask));
    }

    private void compact() {
      scene.compact();
      for (Published publish : publishes) {
        publish.after.forEach(
            (month, after) -> {
              if (!after.containsAll(in(main, month))) {
                publish.spoilt.add(month);
              }
            });
      }
      log.add("compacted");
    }

    private void expire() {
      scene.expire();
      expired = true;
      log.add("expired");
    }

    private void revert(int which, int mask) {
      if (publishes.isEmpty()) {
        return;
      }
      Published publish = publishes.get(which % publishes.size());
      Set<Integer> months = new TreeSet<>(months(mask));
      months.retainAll(publish.after.keySet());
      if (months.isEmpty()) {
        return;
      }
      String run = "r" + ++runs;
      Outcome outcome = scene.revert(run, publish.snapshot, slices(months));
      log.add(run + " reverted " + publish.snapshot + " in " + months + ": " + outcome);
      Set<Integer> intact = new TreeSet<>();
      Set<Integer> broken = new TreeSet<>();
      for (int month : months) {
        Set<Long> now = in(main, month);
        boolean whole = now.containsAll(publish.after.get(month));
        boolean returned =
            publish.before.get(month).stream()
                .anyMatch(r -> now.contains(r) && !publish.after.get(month).contains(r));
        if (!whole || returned) {
          broken.add(month);
        } else if (!publish.spoilt.contains(month) && !publish.after.get(month).isEmpty()) {
          intact.add(month);
        }
      }
      if (outcome instanceof Conflict conflict) {
        if (!expired && snapshots.containsKey(publish.snapshot)) {
          Set<Integer> wrongly = new TreeSet<>(months(conflict.slices()));
          wrongly.retainAll(untouched(publish, intact));
          assertThat(wrongly).as(log.toString()).isEmpty();
        }
        return;
      }
      assertThat(broken).as("nothing doubled: " + log).isEmpty();
      for (int month : months) {
        Set<Long> now = new TreeSet<>(in(main, month));
        now.removeAll(publish.after.get(month));
        now.addAll(publish.before.get(month));
        set(month, now);
      }
    }

    /** Those whose publish is still part of main: a rollback may have taken it out. */
    private Set<Integer> untouched(Published publish, Set<Integer> months) {
      Table table = fixture.table(scene.table());
      boolean ancestor =
          org.apache.iceberg.util.SnapshotUtil.isAncestorOf(table, scene.head(), publish.snapshot);
      return ancestor ? months : Set.of();
    }

    private void rollback(int which) {
      List<Long> known = new ArrayList<>(new TreeSet<>(snapshots.keySet()));
      known.remove(0L);
      if (known.isEmpty() || scene.head() == 0) {
        return;
      }
      long to = known.get(which % known.size());
      try {
        scene.lake().rollback(scene.table(), to, scene.head(), Lake.Reason.NONE);
      } catch (TidemarkException e) {
        assertThat(e.category()).isEqualTo(TidemarkException.Category.USER);
        // Expiry takes a snapshot out of main's history even where a tag keeps it: then nothing
        // shows any more that it was main, and going there is refused.
        boolean gone = fixture.table(scene.table()).snapshot(to) == null;
        assertThat(gone || expired).as(log.toString()).isTrue();
        return;
      }
      main.clear();
      main.putAll(snapshots.get(to));
      for (int month = 0; month < MONTHS; month++) {
        version.merge(month, 1, Integer::sum);
      }
      publishes.forEach(p -> p.spoilt.addAll(p.after.keySet()));
      log.add("rolled back to " + to);
    }

    void check() {
      Set<Long> all = new TreeSet<>();
      main.values().forEach(all::addAll);
      List<String> held = scene.rows();
      assertThat(held).as(log.toString()).hasSize(all.size());
      assertThat(held.stream().map(r -> Long.valueOf(r.substring(1, r.indexOf(',')))))
          .as(log.toString())
          .containsExactlyInAnyOrderElementsOf(all);
    }

    private void set(int month, Set<Long> content) {
      if (!in(main, month).equals(content)) {
        version.merge(month, 1, Integer::sum);
      }
      main.put(month, Set.copyOf(content));
    }

    private static Set<Long> in(Map<Integer, Set<Long>> state, int month) {
      return state.getOrDefault(month, Set.of());
    }

    private Map<Integer, Set<Long>> copy() {
      return new TreeMap<>(main);
    }

    private List<Object> row(int month, long id) {
      return scene.row(id, "2001-0" + (month + 1) + "-15", "v" + id);
    }

    private static long first() {
      return Grain.MONTH.ordinal(java.time.Instant.parse("2001-01-01T00:00:00Z"));
    }

    private static Set<Integer> months(int mask) {
      Set<Integer> months = new TreeSet<>();
      for (int month = 0; month < MONTHS; month++) {
        if ((mask >> month & 1) == 1) {
          months.add(month);
        }
      }
      return months;
    }

    private static Set<Integer> months(SliceSet slices) {
      Set<Integer> months = new TreeSet<>();
      slices.forEach(o -> months.add((int) (o - first())));
      return months;
    }

    private static String slices(int mask) {
      return slices(months(mask));
    }

    private static String slices(Set<Integer> months) {
      return SliceSet.ofOrdinals(
              Grain.MONTH, months.stream().flatMapToLong(m -> LongStream.of(m + first())))
          .toString();
    }

    @Override
    public void close() {
      scene.close();
    }
  }
}
