package io.tidemark.spec.sql;

import java.time.Duration;

/**
 * A time window of fixed size in a query.
 *
 * @param name TUMBLE, HOP or CUMULATE
 * @param slide by how much consecutive windows start apart; the size for TUMBLE
 * @param offset of the first window from 1970-01-01T00:00Z
 */
public record WindowUse(String name, Duration size, Duration slide, Duration offset) {}
