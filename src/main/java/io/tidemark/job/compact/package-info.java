/**
 * Slices written anew into fewer files: the same rows, read at a snapshot of main and put in place
 * of the files they came from.
 *
 * <p>Entry type is {@link io.tidemark.job.compact.CompactComposer}. Nothing here changes a row.
 */
package io.tidemark.job.compact;
