/**
 * The control side of Flink: submit, observe and cancel, on a MiniCluster in this process or a
 * running session cluster over REST.
 *
 * <p>Entry type is {@link io.tidemark.cluster.Cluster}. What runs inside Flink is not here but in
 * {@code job}.
 */
package io.tidemark.cluster;
