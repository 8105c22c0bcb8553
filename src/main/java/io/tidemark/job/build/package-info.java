/**
 * Builds slices: a transform's SQL or Java code over its pinned inputs, checks that hold row by
 * row, and the commit of all slices to the run's branch.
 *
 * <p>Entry type is {@link io.tidemark.job.build.BuildComposer}. Checks that need a pass of their
 * own do not belong here.
 */
package io.tidemark.job.build;
