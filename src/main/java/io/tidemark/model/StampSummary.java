package io.tidemark.model;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;

/**
 * A {@link Stamp} to and from an Iceberg snapshot summary. The stamp is whole in {@code
 * tidemark.stamp}, deflated since summaries are copied into every later metadata file; the other
 * properties repeat what people look for; of those only the key and the kind are read back.
 */
public final class StampSummary {
  /** The idempotence key, in the clear, so that other tools can look it up. */
  public static final String KEY = "tidemark.key";

  private static final String DATASET = "tidemark.dataset";
  private static final String KIND = "tidemark.kind";
  private static final String STAMP = "tidemark.stamp";
  private static final String LIVE = "tidemark.live";

  private StampSummary() {}

  /** Summary properties for a commit. */
  public static SortedMap<String, String> write(Stamp stamp) {
    SortedMap<String, String> summary = clear(stamp);
    summary.put(STAMP, deflate(RecordJson.write(stamp, Stamp.class)));
    return summary;
  }

  /** What people look for, without the stamp itself. */
  public static SortedMap<String, String> clear(Stamp stamp) {
    SortedMap<String, String> summary = new TreeMap<>();
    Stamp.Origin origin = stamp.origin();
    summary.put(KEY, stamp.key());
    summary.put(KIND, stamp.kind().name());
    summary.put(DATASET, stamp.dataset().value());
    summary.put("tidemark.note", stamp.note());
    summary.put("tidemark.slices", stamp.content().sliceSet().toString());
    summary.put(
        "tidemark.rows",
        Long.toString(stamp.content().slices().stream().mapToLong(Stamp.SliceDigest::rows).sum()));
    summary.put(
        "tidemark.content-hash",
        stamp.content().slices().stream()
            .map(Stamp.SliceDigest::hash)
            .reduce(ContentHash.EMPTY, ContentHash::plus)
            .toString());
    origin.run().ifPresent(run -> summary.put("tidemark.run", run.value()));
    origin.plan().ifPresent(plan -> summary.put("tidemark.plan", plan.hex()));
    origin.analysis().ifPresent(a -> summary.put("tidemark.fingerprint", a.fingerprint().hex()));
    if (!origin.pins().isEmpty()) {
      summary.put(
          "tidemark.inputs",
          origin.pins().entrySet().stream()
              .map(e -> e.getKey() + "@" + e.getValue().snapshot())
              .collect(Collectors.joining(",")));
    }
    return summary;
  }

  /** Summary properties for a commit of a live job. */
  public static SortedMap<String, String> write(Stamp stamp, LiveMark mark) {
    SortedMap<String, String> summary = write(stamp);
    summary.put("tidemark.checkpoint", Long.toString(mark.checkpoint()));
    summary.put(LIVE, deflate(RecordJson.write(mark, LiveMark.class)));
    return summary;
  }

  /**
   * The mark of a live job's commit. It is never passed over: who does would go on at the offsets
   * of an older one, or take slices for closed that are open.
   *
   * @return empty for any other commit
   * @throws TidemarkException REFUSED if the mark is there but cannot be read
   */
  public static Optional<LiveMark> readMark(Map<String, String> summary) {
    String packed = summary.get(LIVE);
    if (packed == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(RecordJson.read(inflate(packed), LiveMark.class));
    } catch (IllegalArgumentException e) {
      throw OtherVersion.of(
          "what a live job's commit says of itself in the table of '"
              + summary.getOrDefault(DATASET, "a dataset")
              + "'",
          e);
    }
  }

  /**
   * @return empty if the commit was not made by this project
   * @throws IllegalArgumentException if the stamp is there but cannot be read
   */
  public static Optional<Stamp> read(Map<String, String> summary) {
    return Optional.ofNullable(summary.get(STAMP))
        .map(s -> RecordJson.read(inflate(s), Stamp.class));
  }

  /** Whether a commit is of a kind, without reading its stamp. */
  public static boolean isOf(Map<String, String> summary, Stamp.Kind kind) {
    return kind.name().equals(summary.get(KIND));
  }

  /** Text as small as summaries, which are copied into every later metadata file, should be. */
  public static String pack(String text) {
    return deflate(text);
  }

  /**
   * What {@link #pack} was given.
   *
   * @throws IllegalArgumentException if it is damaged
   */
  public static String unpack(String packed) {
    return inflate(packed);
  }

  private static String deflate(String text) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DeflaterOutputStream out = new DeflaterOutputStream(bytes)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new IllegalStateException("[BUG] memory cannot fail", e);
    }
    return Base64.getEncoder().encodeToString(bytes.toByteArray());
  }

  private static String inflate(String text) {
    try (InflaterInputStream in =
        new InflaterInputStream(new ByteArrayInputStream(Base64.getDecoder().decode(text)))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalArgumentException("Cannot read the stamp of a snapshot: damaged", e);
    }
  }
}
