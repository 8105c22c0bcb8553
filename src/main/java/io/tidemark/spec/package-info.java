/**
 * What people write, read strictly: jobs/ becomes a {@link io.tidemark.model.Graph}, config/ an
 * {@link io.tidemark.model.Environment}, or every problem is reported at once with its place.
 *
 * <p>Entry types are {@link io.tidemark.spec.ProjectReader}, {@link io.tidemark.spec.ConfigReader}
 * and {@link io.tidemark.spec.ProjectTemplate}. Here is what each key means and how the parts make
 * one graph; how YAML, SQL and byte code are taken apart is in packages below, which know nothing
 * of this one. Nothing here reads a table, plans work or runs a job.
 */
package io.tidemark.spec;
