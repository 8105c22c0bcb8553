/** Events for the example pipelines, made up but always the same for the same seed. */
package io.tidemark.sample;
