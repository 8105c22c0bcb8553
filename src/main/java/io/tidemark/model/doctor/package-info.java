/**
 * What an examination of an environment found.
 *
 * <p>Entry type is {@link io.tidemark.model.doctor.Finding}. How it is found out is not here.
 */
package io.tidemark.model.doctor;
