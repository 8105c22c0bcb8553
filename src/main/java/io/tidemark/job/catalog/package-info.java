/**
 * The environment's Iceberg catalog as jobs see it: opened in the client and in tasks, its tables
 * read at pinned snapshots under the names that a transform uses, its rows counted as they pass.
 *
 * <p>Entry types are {@link io.tidemark.job.catalog.IcebergCatalogs}, {@link
 * io.tidemark.job.catalog.JobTables} and, for read-only SQL, {@link
 * io.tidemark.job.catalog.CatalogQuery}. Nothing here writes to a table.
 */
package io.tidemark.job.catalog;
