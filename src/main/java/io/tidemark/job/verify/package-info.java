/**
 * Evidence that needs a pass of its own: the diff of two snapshots by key, checks across rows and
 * tables, frozen extracts.
 *
 * <p>Entry type is {@link io.tidemark.job.verify.VerifyComposer}. Nothing here writes rows or
 * commits; what it finds goes into a document for control.
 */
package io.tidemark.job.verify;
