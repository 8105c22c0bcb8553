/**
 * What brokers say of the topics that live jobs read, and made-up events sent to them.
 *
 * <p>Entry type is {@link io.tidemark.live.topics.Topics}. Records of real topics are read by jobs
 * alone.
 */
package io.tidemark.live.topics;
