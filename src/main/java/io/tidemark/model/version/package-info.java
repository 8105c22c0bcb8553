/**
 * Whether a job jar reads the orders that a control process writes.
 *
 * <p>Entry type is {@link io.tidemark.model.version.OrderVersion}.
 */
package io.tidemark.model.version;
