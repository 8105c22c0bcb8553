package io.tidemark.control;

/**
 * The one door to a project: carries operations out. Opening one is cheap; the catalog, the control
 * database and the cluster are opened when an operation needs them first.
 *
 * <p>Thread-safe, but operations that change something take the project's lease and refuse when
 * another holds it.
 */
public interface Control extends AutoCloseable {

  /**
   * Carries an operation out. One that changes something first resumes runs that were interrupted,
   * and notes so.
   *
   * @throws io.tidemark.model.TidemarkException for everything that a person must read
   */
  <R extends Report> R execute(Operation<R> operation, Watcher watcher);

  @Override
  void close();
}
