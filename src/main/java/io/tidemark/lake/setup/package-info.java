/**
 * Tables as datasets declare them: created, mended, guarded, and rid of files that nothing names.
 *
 * <p>Entry types are {@link io.tidemark.lake.setup.Setup} and {@link io.tidemark.lake.setup.Guard}.
 * What commits mean is not known here.
 */
package io.tidemark.lake.setup;
