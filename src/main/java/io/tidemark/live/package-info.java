/**
 * Drives streaming jobs: finds where one has to go on, orders it from the cluster, says how it
 * does, and stops it.
 *
 * <p>Entry types are {@link io.tidemark.live.LiveJobs} and, for what comes late, {@link
 * io.tidemark.live.Corrections}. What the job does is not here but in {@code job}, and what it
 * committed is read from tables alone.
 */
package io.tidemark.live;
