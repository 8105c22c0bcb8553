/**
 * The catalog's own pointers to tables' metadata, moved for several tables at once where its
 * database can.
 *
 * <p>Entry type is {@link io.tidemark.lake.pointers.PointerSwap}. What tables hold is not known
 * here.
 */
package io.tidemark.lake.pointers;
