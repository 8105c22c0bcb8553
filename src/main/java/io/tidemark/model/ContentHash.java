package io.tidemark.model;

/**
 * An order-independent 128-bit hash of a multiset of rows: the sum, modulo 2^128, of the rows'
 * 128-bit hashes. A sum and not an exclusive-or, so that a doubled row does not cancel itself out.
 * Forms a commutative group: hashes of disjoint parts add up to the hash of the whole, in any order
 * and at any parallelism. Detects mistakes; it is no defence against a forger.
 */
public record ContentHash(long high, long low) {
  public static final ContentHash EMPTY = new ContentHash(0, 0);

  /** The hash of this multiset and the other together. */
  public ContentHash plus(ContentHash other) {
    long sum = low + other.low;
    long carry = Long.compareUnsigned(sum, low) < 0 ? 1 : 0;
    return new ContentHash(high + other.high + carry, sum);
  }

  /** The hash of this multiset without the other; inverse of {@link #plus}. */
  public ContentHash minus(ContentHash other) {
    long borrow = Long.compareUnsigned(low, other.low) < 0 ? 1 : 0;
    return new ContentHash(high - other.high - borrow, low - other.low);
  }

  /** Reads 32 hexadecimal digits. */
  public static ContentHash parse(String hex) {
    if (hex == null || hex.length() != 32) {
      throw new IllegalArgumentException("Cannot read content hash '" + hex + "'");
    }
    return new ContentHash(
        Long.parseUnsignedLong(hex, 0, 16, 16), Long.parseUnsignedLong(hex, 16, 32, 16));
  }

  /** 32 lower-case hexadecimal digits. */
  @Override
  public String toString() {
    return String.format("%016x%016x", high, low);
  }
}
