/**
 * What executes inside Flink: the job jar's entry point, and how the arguments of a job run by hand
 * become a job order.
 *
 * <p>Entry type is {@link io.tidemark.job.JobMain}, which knows one composer per kind of job, each
 * in a package of its own. A job plans nothing and asks nobody: it gets a fully resolved {@link
 * io.tidemark.model.JobSpec}. Nothing here or below may use a library that Flink and Iceberg do not
 * bring along, because the job jar carries none.
 */
package io.tidemark.job;
