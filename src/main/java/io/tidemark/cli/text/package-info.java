/**
 * What every renderer of text needs: how numbers, times and slices read, tables, and colours.
 *
 * <p>Knows no report and no command.
 */
package io.tidemark.cli.text;
