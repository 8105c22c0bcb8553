/**
 * Cuts a pipeline into its live jobs, where transforms follow tables.
 *
 * <p>Entry type is {@link io.tidemark.live.parts.Parts}. How a job is started, stopped or looked at
 * does not belong here.
 */
package io.tidemark.live.parts;
