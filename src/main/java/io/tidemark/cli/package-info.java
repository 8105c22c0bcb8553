/**
 * The command line: picocli commands that turn arguments into operations, and renderers that turn
 * reports into text, JSON or HTML.
 *
 * <p>Entry type is {@link io.tidemark.cli.Cli}. No decision is made here; stdout is data, stderr is
 * progress and errors.
 */
package io.tidemark.cli;
