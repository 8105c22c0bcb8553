/**
 * Where rows lie, told from metadata alone: which slices a file belongs to, and which files a
 * snapshot holds for slices.
 *
 * <p>Entry types are {@link io.tidemark.lake.files.SliceIndex} and {@link
 * io.tidemark.lake.files.DataFiles}. Nothing here changes a table.
 */
package io.tidemark.lake.files;
