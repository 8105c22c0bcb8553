package io.tidemark.job.follow;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.api.java.typeutils.ResultTypeQueryable;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.iceberg.flink.TableLoader;

/**
 * Tells which slices of a table have closed, as {@link Closed} in its written form. Run it with
 * parallelism 1: how far it is, is one position, which is in its checkpoints. What was told before
 * a checkpoint is read before that checkpoint, too, and is not told again.
 */
public final class FollowSource
    implements Source<byte[], Reached, List<Reached>>, ResultTypeQueryable<byte[]> {
  private static final long serialVersionUID = 1;

  private final TableLoader loader;
  private final FollowedTable table;
  private final Duration every;

  /**
   * @param table and how far it was read before
   * @param every how often it is looked at
   */
  public FollowSource(TableLoader loader, FollowedTable table, Duration every) {
    this.loader = loader;
    this.table = table;
    this.every = every;
  }

  @Override
  public Boundedness getBoundedness() {
    return Boundedness.CONTINUOUS_UNBOUNDED;
  }

  @Override
  public SourceReader<byte[], Reached> createReader(SourceReaderContext context) {
    return new FollowReader(new TableWatch(loader.clone(), table), every);
  }

  @Override
  public SplitEnumerator<Reached, List<Reached>> createEnumerator(
      SplitEnumeratorContext<Reached> context) {
    return new OneReader(context, List.of(new Reached(table.snapshot(), table.next())));
  }

  @Override
  public SplitEnumerator<Reached, List<Reached>> restoreEnumerator(
      SplitEnumeratorContext<Reached> context, List<Reached> kept) {
    return new OneReader(context, kept);
  }

  @Override
  public SimpleVersionedSerializer<Reached> getSplitSerializer() {
    return new OfReader();
  }

  @Override
  public SimpleVersionedSerializer<List<Reached>> getEnumeratorCheckpointSerializer() {
    return new OfEnumerator();
  }

  @Override
  public TypeInformation<byte[]> getProducedType() {
    return PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO;
  }

  private static final class OfReader implements SimpleVersionedSerializer<Reached> {
    @Override
    public int getVersion() {
      return 1;
    }

    @Override
    public byte[] serialize(Reached reached) {
      return ByteBuffer.allocate(2 * Long.BYTES)
          .putLong(reached.snapshot())
          .putLong(reached.next())
          .array();
    }

    @Override
    public Reached deserialize(int version, byte[] bytes) {
      ByteBuffer longs = ByteBuffer.wrap(bytes);
      return new Reached(longs.getLong(), longs.getLong());
    }
  }

  private static final class OfEnumerator implements SimpleVersionedSerializer<List<Reached>> {
    private final OfReader one = new OfReader();

    @Override
    public int getVersion() {
      return one.getVersion();
    }

    @Override
    public byte[] serialize(List<Reached> unread) {
      return unread.isEmpty() ? new byte[0] : one.serialize(unread.get(0));
    }

    @Override
    public List<Reached> deserialize(int version, byte[] bytes) {
      return bytes.length == 0 ? List.of() : List.of(one.deserialize(version, bytes));
    }
  }
}
