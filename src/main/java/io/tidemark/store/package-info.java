/**
 * Durable control state over JDBC: runs, steps, evidence, leases and measured rates, on an embedded
 * SQLite file or on PostgreSQL with the same migrations.
 *
 * <p>Entry type is {@link io.tidemark.store.Store}. No decision is made here.
 */
package io.tidemark.store;
