/**
 * Tables found in the catalog, their branches and tags, and what goes wrong on the way told so that
 * a person can act on it.
 *
 * <p>Entry types are {@link io.tidemark.lake.refs.Tables} and {@link io.tidemark.lake.refs.Refs}.
 */
package io.tidemark.lake.refs;
