/**
 * The one door: every command is an {@link io.tidemark.control.Operation} that {@link
 * io.tidemark.control.Control} carries out and answers with a {@link io.tidemark.control.Report}.
 *
 * <p>Handlers are split by area and hold no state between operations. Text for people is not made
 * here but in {@code cli}; Flink jobs are not made here but in {@code run}.
 */
package io.tidemark.control;
