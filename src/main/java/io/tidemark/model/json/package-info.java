/** JSON text to and from plain values, for a job jar that carries no library. */
package io.tidemark.model.json;
