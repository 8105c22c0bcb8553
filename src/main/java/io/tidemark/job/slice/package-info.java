/**
 * How rows become slices: event time, the files of each partition, counts, column metrics and
 * content hashes made in the pass that writes, and the one commit that a key makes idempotent.
 *
 * <p>Entry types are {@link io.tidemark.job.slice.SliceSink} for tasks and {@link
 * io.tidemark.job.slice.TableCommit} for the committer. Nothing here knows what kind of job the
 * rows come from, nor how a catalog is opened.
 */
package io.tidemark.job.slice;
