/**
 * Keeps a live job as a person last asked for it: running, or stopped.
 *
 * <p>Entry type is {@link io.tidemark.live.keep.Keeper}. Where a job goes on, and how it is started
 * and stopped, does not belong here.
 */
package io.tidemark.live.keep;
