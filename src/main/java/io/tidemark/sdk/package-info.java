/** What a job author compiles against: {@link io.tidemark.sdk.Transform} and its context. */
package io.tidemark.sdk;
