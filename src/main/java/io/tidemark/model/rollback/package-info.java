/**
 * What people say and are told of the rollback of a table.
 *
 * <p>Entry type is {@link io.tidemark.model.rollback.Setback}. How it is found out is not here.
 */
package io.tidemark.model.rollback;
