/**
 * The vocabulary: what is planned, built, proved, published and reverted, as immutable values.
 *
 * <p>Entry types are {@link io.tidemark.model.Graph}, {@link io.tidemark.model.Plan} and {@link
 * io.tidemark.model.SliceSet}. This package uses the JDK alone, since it travels inside the job
 * jar; no I/O, no clock and no logger belong here.
 */
package io.tidemark.model;
