/**
 * Tries out, where tasks run, what tasks need: the catalog, the warehouse and the checkpoint
 * folder.
 *
 * <p>Entry type is {@link io.tidemark.job.probe.ProbeComposer}.
 */
package io.tidemark.job.probe;
