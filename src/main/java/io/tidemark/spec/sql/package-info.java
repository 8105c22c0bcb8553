/**
 * Takes SQL apart with Flink's own parser and planner: what a query reads, which columns come from
 * which, what decides its rows, its windows and keys, and what in it is not deterministic.
 *
 * <p>Entry type is {@link io.tidemark.spec.sql.SqlAnalyzer}. This is the one package that may use
 * the internals of Flink's planner. Nothing here reads a file.
 */
package io.tidemark.spec.sql;
