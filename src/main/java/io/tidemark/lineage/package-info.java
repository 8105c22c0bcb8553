/**
 * Where datasets and columns come from and where they go, as the graph says.
 *
 * <p>Entry type is {@link io.tidemark.lineage.Lineage}. Nothing is read from tables here.
 */
package io.tidemark.lineage;
