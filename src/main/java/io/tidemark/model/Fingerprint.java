package io.tidemark.model;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/** A SHA-256 as 64 lower-case hexadecimal digits. Equal fingerprints mean equal meaning. */
public record Fingerprint(String hex) implements Comparable<Fingerprint> {
  private static final Pattern SHAPE = Pattern.compile("[0-9a-f]{64}");

  public Fingerprint {
    if (hex == null || !SHAPE.matcher(hex).matches()) {
      throw new IllegalArgumentException("Cannot read fingerprint '" + hex + "'");
    }
  }

  /**
   * Hashes parts in order. Each part is preceded by its length in bytes, so that ("ab","c") and
   * ("a","bc") differ.
   */
  public static Fingerprint of(String... parts) {
    MessageDigest digest = sha256();
    for (String part : parts) {
      byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
      digest.update((bytes.length + ":").getBytes(StandardCharsets.US_ASCII));
      digest.update(bytes);
    }
    return new Fingerprint(HexFormat.of().formatHex(digest.digest()));
  }

  /** Hashes bytes as they are: the SHA-256 of a file's content. */
  public static Fingerprint ofBytes(byte[] bytes) {
    return new Fingerprint(HexFormat.of().formatHex(sha256().digest(bytes)));
  }

  /** A fresh SHA-256, for hashing a stream. */
  public static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("[BUG] every JDK has SHA-256", e);
    }
  }

  /** The first twelve digits, for people. */
  public String abbreviated() {
    return hex.substring(0, 12);
  }

  @Override
  public int compareTo(Fingerprint other) {
    return hex.compareTo(other.hex);
  }

  @Override
  public String toString() {
    return hex;
  }
}
