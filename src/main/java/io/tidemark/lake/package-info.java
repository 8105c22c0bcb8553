/**
 * Control-side Iceberg: pins, leases, branches, publish, revert, rollback and metadata diffs.
 *
 * <p>Entry type is {@link io.tidemark.lake.Lake}. Rows are never read here, and no other control
 * package may use Iceberg.
 */
package io.tidemark.lake;
