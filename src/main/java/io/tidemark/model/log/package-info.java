/** How what happens is written to a log: one line an event, as {@code key=value}. */
package io.tidemark.model.log;
