/**
 * Settles the rows of a live job: holds back results that may still change, writes rows into files
 * at every checkpoint, and commits the files of all tables, once per checkpoint and never twice,
 * with a mark that makes the job the only writer of its open slices.
 *
 * <p>Entry type is {@link io.tidemark.job.append.LiveSink}. Where rows come from and which of them
 * are late is none of its business.
 */
package io.tidemark.job.append;
