/**
 * Drives plans: reads the facts, carries out the steps of a run, resumes it after a crash, rebases
 * it after a conflict.
 *
 * <p>Entry types are {@link io.tidemark.run.Runner} and {@link io.tidemark.run.FactsReader}. What
 * is stale is decided in {@code plan}, what may be published in {@code release}.
 */
package io.tidemark.run;
