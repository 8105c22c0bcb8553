/**
 * Decides what is stale, why, in what order it is rebuilt and what that costs.
 *
 * <p>Entry type is {@link io.tidemark.plan.Planner}. Everything here is a pure function of its
 * arguments: no clock, no I/O, no random and no logger, so that equal graphs and facts give equal
 * plans.
 */
package io.tidemark.plan;
