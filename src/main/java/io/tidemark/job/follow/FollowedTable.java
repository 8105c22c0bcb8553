package io.tidemark.job.follow;

import io.tidemark.model.Grain;
import java.io.Serializable;

/**
 * A table that is followed.
 *
 * @param name for messages
 * @param eventTime the column that slices go by
 * @param grain of its slices
 * @param snapshot that all slices before {@code next} were read from; 0 for an empty table
 * @param next ordinal of the first slice to be told of; {@link Closed#NONE} for all
 */
public record FollowedTable(String name, String eventTime, Grain grain, long snapshot, long next)
    implements Serializable {
  private static final long serialVersionUID = 1;
}
