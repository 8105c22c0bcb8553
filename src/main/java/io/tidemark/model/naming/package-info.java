/** What Flink calls the jobs of orders. Entry type is {@link io.tidemark.model.naming.JobNames}. */
package io.tidemark.model.naming;
