/**
 * Time that passes, whatever the clocks of machines say, and what is odd about those.
 *
 * <p>Entry types are {@link io.tidemark.live.time.Deadline} for whoever waits, {@link
 * io.tidemark.live.time.Grace} for what ends at a time that was written down, and {@link
 * io.tidemark.live.time.Clocks}. The time of events does not belong here.
 */
package io.tidemark.live.time;
