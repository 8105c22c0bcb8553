/**
 * What executes inside Flink: the job's main, inputs, SQL and Java transforms, the slice sink with
 * its checks and content hash, loads, diffs and read-only queries.
 *
 * <p>Entry type is {@link io.tidemark.job.JobMain}. A job plans nothing and asks nobody: it gets a
 * fully resolved {@link io.tidemark.model.JobSpec}. Nothing here may use a library that Flink and
 * Iceberg do not bring along, because the job jar carries none.
 */
package io.tidemark.job;
