/**
 * Compares Tidemark with hand-written peers on the same data, and prints ratios measured in one
 * run. Entry type is {@link io.tidemark.bench.Bench}; docs/benchmarks.md says how to run it.
 */
package io.tidemark.bench;
