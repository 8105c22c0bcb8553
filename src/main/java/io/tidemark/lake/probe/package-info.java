/**
 * Tries out what a catalog and its storage do, on tables that are thrown away.
 *
 * <p>Entry type is {@link io.tidemark.lake.probe.CatalogProbe}. No table of a user is touched.
 */
package io.tidemark.lake.probe;
