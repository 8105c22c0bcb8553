/**
 * Follows the table of another live job: sees which of its slices have closed, and reads those.
 *
 * <p>Entry types are {@link io.tidemark.job.follow.FollowSource} and {@link
 * io.tidemark.job.follow.SliceScan}. What rows mean to the job that follows does not belong here.
 */
package io.tidemark.job.follow;
