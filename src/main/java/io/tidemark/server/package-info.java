/**
 * What others ask over HTTP: metrics in Prometheus' format.
 *
 * <p>Entry type is {@link io.tidemark.server.MetricsServer}. No decision is made here: all that is
 * shown comes through the door that the command line uses as well.
 */
package io.tidemark.server;
