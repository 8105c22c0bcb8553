package io.tidemark.job.slice;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.apache.flink.table.data.StringData;
import org.apache.iceberg.relocated.com.google.common.hash.HashCode;
import org.apache.iceberg.relocated.com.google.common.hash.Hashing;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RowBytesTest {
  /** From the reference implementation's users: SMHasher, seed 0. */
  @ParameterizedTest
  @CsvSource({
    "'', 0000000000000000, 0000000000000000",
    "hello, cbd8a7b341bd9b02, 5b1e906a48ae1d19",
    "The quick brown fox jumps over the lazy dog, e34bbc7bbc071b6c, 7a433ca9c49a9347"
  })
  void hashesAsPublished(String text, String first, String second) {
    RowBytes bytes = new RowBytes();
    for (byte b : text.getBytes(StandardCharsets.US_ASCII)) {
      bytes.putByte(b);
    }
    bytes.hash();
    assertThat(Long.toHexString(bytes.low())).isEqualTo(strip(first));
    assertThat(Long.toHexString(bytes.high())).isEqualTo(strip(second));
  }

  private static String strip(String hex) {
    return Long.toHexString(Long.parseUnsignedLong(hex, 16));
  }

  @Test
  void hashesAnyLengthAsAnotherImplementationDoes() {
    Random random = new Random(7);
    RowBytes bytes = new RowBytes();
    for (int length = 0; length < 600; length++) {
      byte[] data = new byte[length];
      random.nextBytes(data);
      bytes.clear();
      for (byte b : data) {
        bytes.putByte(b);
      }
      bytes.hash();
      RowBytes expected = new RowBytes();
      HashCode other = Hashing.murmur3_128().hashBytes(data);
      expected.putLong(bytes.low());
      expected.putLong(bytes.high());
      assertThat(expected.toArray()).as("length %s", length).isEqualTo(other.asBytes());
    }
  }

  @Test
  void writesLittleEndianWithLengthsBeforeText() {
    RowBytes bytes = new RowBytes();
    bytes.putInt(1);
    bytes.putLong(-2);
    bytes.putString(StringData.fromString("é"));
    bytes.putBytes(new byte[] {9});
    assertThat(bytes.toArray())
        .containsExactly(
            1, 0, 0, 0, -2, -1, -1, -1, -1, -1, -1, -1, 2, 0, 0, 0, 0xc3, 0xa9, 1, 0, 0, 0, 9);
  }

  @Test
  void growsAndIsUsedAgain() {
    RowBytes bytes = new RowBytes();
    bytes.putBytes(new byte[100_000]);
    assertThat(bytes.size()).isEqualTo(100_004);
    bytes.clear();
    bytes.putByte(1);
    assertThat(bytes.toArray()).containsExactly(1);
  }
}
