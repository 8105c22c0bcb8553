/**
 * What is noted of main's history before it may expire, as it is written beside a table.
 *
 * <p>Entry types are {@link io.tidemark.lake.notes.Told} and {@link io.tidemark.lake.notes.Heirs}.
 * Where notes are kept is not known here.
 */
package io.tidemark.lake.notes;
