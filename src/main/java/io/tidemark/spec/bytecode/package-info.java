/**
 * Takes Java transforms apart without loading them: which classes they reach, the hash of these,
 * and which calls in them are not deterministic.
 *
 * <p>Entry type is {@link io.tidemark.spec.bytecode.JavaAnalyzer}.
 */
package io.tidemark.spec.bytecode;
