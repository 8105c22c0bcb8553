/**
 * What is done for each operation, split by area. Handlers hold no state between operations.
 *
 * <p>Text for people is not made here but in {@code cli}; Flink jobs are not made here but in
 * {@code run}.
 */
package io.tidemark.control.handlers;
