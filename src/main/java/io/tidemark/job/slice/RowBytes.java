package io.tidemark.job.slice;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.binary.BinarySegmentUtils;
import org.apache.flink.table.data.binary.BinaryStringData;

/**
 * A growing byte buffer that one row after the other is encoded into, and its 128-bit hash. The
 * hash is MurmurHash3_x64_128 of Austin Appleby's public-domain SMHasher, seed 0
 * (https://github.com/aappleby/smhasher/blob/master/src/MurmurHash3.cpp). Integers are little
 * endian. Reused for every row, so hashing allocates nothing.
 */
public final class RowBytes {
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long C1 = 0x87c37b91114253d5L;
  private static final long C2 = 0x4cf5ad432745937fL;

  private byte[] bytes = new byte[512];
  private int size;
  private long high;
  private long low;

  /** Begins a row. */
  public void clear() {
    size = 0;
  }

  int size() {
    return size;
  }

  /** What was put since {@link #clear}. */
  public byte[] toArray() {
    return Arrays.copyOf(bytes, size);
  }

  /** Puts the lowest eight bits. */
  public void putByte(int value) {
    reserve(1);
    bytes[size++] = (byte) value;
  }

  void putInt(int value) {
    reserve(4);
    INT.set(bytes, size, value);
    size += 4;
  }

  void putLong(long value) {
    reserve(8);
    LONG.set(bytes, size, value);
    size += 8;
  }

  /** The length, then the bytes. */
  void putBytes(byte[] value) {
    putInt(value.length);
    reserve(value.length);
    System.arraycopy(value, 0, bytes, size, value.length);
    size += value.length;
  }

  /** The length of the UTF-8 form, then the form. */
  void putString(StringData value) {
    BinaryStringData binary = (BinaryStringData) value;
    binary.ensureMaterialized();
    int length = binary.getSizeInBytes();
    putInt(length);
    reserve(length);
    BinarySegmentUtils.copyToBytes(binary.getSegments(), binary.getOffset(), bytes, size, length);
    size += length;
  }

  private void reserve(int more) {
    if (bytes.length - size < more) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, Math.addExact(size, more)));
    }
  }

  /** Hashes what was put since {@link #clear}; the result is in {@link #high} and {@link #low}. */
  public void hash() {
    hash(0);
  }

  /** Hashes from an offset on: an entry of a map inside a row. */
  void hash(int from) {
    long h1 = 0;
    long h2 = 0;
    int length = size - from;
    int end = from + (length & ~15);
    for (int at = from; at < end; at += 16) {
      h1 ^= mixFirst((long) LONG.get(bytes, at));
      h1 = Long.rotateLeft(h1, 27) + h2;
      h1 = h1 * 5 + 0x52dce729;
      h2 ^= mixSecond((long) LONG.get(bytes, at + 8));
      h2 = Long.rotateLeft(h2, 31) + h1;
      h2 = h2 * 5 + 0x38495ab5;
    }
    int rest = length & 15;
    if (rest > 8) {
      h2 ^= mixSecond(tail(end + 8, rest - 8));
    }
    if (rest > 0) {
      h1 ^= mixFirst(tail(end, Math.min(rest, 8)));
    }
    h1 ^= length;
    h2 ^= length;
    h1 += h2;
    h2 += h1;
    h1 = finish(h1);
    h2 = finish(h2);
    h1 += h2;
    h2 += h1;
    low = h1;
    high = h2;
  }

  /** The second 64 bits of the last {@link #hash}. */
  long high() {
    return high;
  }

  /** The first 64 bits of the last {@link #hash}. */
  public long low() {
    return low;
  }

  /** Forgets everything from an offset on. */
  void truncate(int to) {
    size = to;
  }

  private long tail(int at, int count) {
    long value = 0;
    for (int i = count - 1; i >= 0; i--) {
      value = value << 8 | (bytes[at + i] & 0xffL);
    }
    return value;
  }

  private static long mixFirst(long k) {
    return Long.rotateLeft(k * C1, 31) * C2;
  }

  private static long mixSecond(long k) {
    return Long.rotateLeft(k * C2, 33) * C1;
  }

  private static long finish(long k) {
    k ^= k >>> 33;
    k *= 0xff51afd7ed558ccdL;
    k ^= k >>> 33;
    k *= 0xc4ceb9fe1a85ec53L;
    return k ^ k >>> 33;
  }
}
