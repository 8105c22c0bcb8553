/**
 * Values from text and JSON, exactly or not at all: the same for loads and live jobs.
 *
 * <p>Entry types are {@link io.tidemark.job.value.JsonValues} and {@link
 * io.tidemark.job.value.TextValues}.
 */
package io.tidemark.job.value;
