/**
 * Examines an environment: everything that Tidemark needs of what it runs on, tried out where that
 * is possible without touching what belongs to somebody.
 *
 * <p>Entry type is {@link io.tidemark.doctor.Doctor}. How each part is tried is that part's own.
 */
package io.tidemark.doctor;
