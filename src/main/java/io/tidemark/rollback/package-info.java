/**
 * Rolls whole tables back: what would be lost, what stands against it, and what goes back with it
 * so that the next live job goes on exactly once.
 *
 * <p>Entry type is {@link io.tidemark.rollback.Rollbacks}. The commit itself is the lake's.
 */
package io.tidemark.rollback;
