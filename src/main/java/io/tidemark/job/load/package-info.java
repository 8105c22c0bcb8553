/**
 * Loads CSV, JSON lines and Parquet files into a source dataset, with a dead letter for each line
 * that cannot be read.
 *
 * <p>Entry type is {@link io.tidemark.job.load.LoadComposer}. Rows are cast to the declared types
 * and changed in no other way.
 */
package io.tidemark.job.load;
