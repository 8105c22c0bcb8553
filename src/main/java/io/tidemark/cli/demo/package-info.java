/**
 * The files that the demo tells its story on.
 *
 * <p>Entry type is {@link io.tidemark.cli.demo.DemoProject}. Nothing is run or printed here.
 */
package io.tidemark.cli.demo;
