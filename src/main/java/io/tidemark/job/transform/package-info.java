/**
 * A transform's own code, SQL or Java, and its result as rows of the output table: the same for
 * builds and live jobs.
 *
 * <p>Entry types are {@link io.tidemark.job.transform.TransformCode} and {@link
 * io.tidemark.job.transform.OutputQuery}. Where inputs come from and where rows go does not belong
 * here.
 */
package io.tidemark.job.transform;
