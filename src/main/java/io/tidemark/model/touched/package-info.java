/**
 * What commits of live jobs say of the event time of the rows that they bring.
 *
 * <p>Entry type is {@link io.tidemark.model.touched.TouchedTime}.
 */
package io.tidemark.model.touched;
