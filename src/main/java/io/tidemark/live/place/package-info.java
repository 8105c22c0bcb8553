/** Where live jobs run: on the session cluster, in this process, or in another of this machine. */
package io.tidemark.live.place;
