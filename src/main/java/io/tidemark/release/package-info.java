/**
 * From candidate to main and back: the gate, the journalled publish, revert, rollback, and the
 * ledger of what is published.
 *
 * <p>Entry types are {@link io.tidemark.release.Publisher} and {@link
 * io.tidemark.release.Reverter}. Nothing is computed here: no job is started.
 */
package io.tidemark.release;
