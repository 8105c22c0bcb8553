/**
 * Composes live jobs: topics decoded into rows and dead letters, the gate that closes slices at
 * checkpoints, history, references, and transforms in streaming mode.
 *
 * <p>Entry type is {@link io.tidemark.job.live.LiveComposer}. What settles rows in tables, and what
 * a commit says, does not belong here.
 */
package io.tidemark.job.live;
