/**
 * The one door: every command is an {@link io.tidemark.control.Operation} that {@link
 * io.tidemark.control.Control} carries out and answers with a {@link io.tidemark.control.Report}.
 */
package io.tidemark.control;
