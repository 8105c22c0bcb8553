package io.tidemark.job.transform;

import io.tidemark.job.catalog.SqlErrors;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Location;
import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.Transform.JavaClass;
import io.tidemark.model.Transform.Logic;
import io.tidemark.model.Transform.Sql;
import io.tidemark.sdk.Transform;
import io.tidemark.sdk.TransformContext;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.table.api.SqlParserException;
import org.apache.flink.table.api.Table;
import org.apache.flink.table.api.TableException;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.types.Row;

/** Runs a transform's own code: its SQL query or its Java class. */
public final class TransformCode {
  private final StreamTableEnvironment tables;
  private final ClassLoader code;

  /**
   * @param tables knows every input by its dataset name
   * @param code as {@link #loader} returns it
   */
  public TransformCode(StreamTableEnvironment tables, ClassLoader code) {
    this.tables = tables;
    this.code = code;
  }

  /**
   * Finds a transform's classes: those of the job jar first, then those of its classpath as far as
   * it lies on this machine. Not closed: Flink may load more classes until the job is submitted.
   */
  public static ClassLoader loader(Logic logic) {
    ClassLoader context = Thread.currentThread().getContextClassLoader();
    ClassLoader parent = context == null ? TransformCode.class.getClassLoader() : context;
    if (!(logic instanceof JavaClass javaClass)) {
      return parent;
    }
    List<URL> urls = new ArrayList<>();
    for (String entry : javaClass.classpath()) {
      Path path = Path.of(entry);
      if (Files.exists(path)) {
        try {
          urls.add(path.toUri().toURL());
        } catch (MalformedURLException e) {
          throw new IllegalArgumentException("Cannot read classpath entry '" + entry + "'", e);
        }
      }
    }
    return urls.isEmpty() ? parent : new URLClassLoader(urls.toArray(URL[]::new), parent);
  }

  /**
   * @throws TidemarkException USER if the query does not compile, the class is missing or is no
   *     transform, or its code throws
   */
  public Table apply(io.tidemark.model.Transform transform) {
    if (transform.logic() instanceof Sql sql) {
      return query(sql.query(), transform.output(), transform.where());
    }
    return call((JavaClass) transform.logic(), transform.where());
  }

  private Table query(String query, DatasetId output, Location where) {
    try {
      return tables.sqlQuery(query);
    } catch (SqlParserException | ValidationException | TableException e) {
      throw TidemarkException.user(
          Problem.at(
              where,
              "TM-JOB-005",
              "the query of '" + output + "' does not compile",
              SqlErrors.message(e),
              "correct the query"),
          e);
    }
  }

  private Table call(JavaClass logic, Location where) {
    ClassLoader before = Thread.currentThread().getContextClassLoader();
    Thread.currentThread().setContextClassLoader(code);
    try {
      Class<?> type = Class.forName(logic.className(), true, code);
      if (!Transform.class.isAssignableFrom(type)) {
        throw broken(logic, where, "is no " + Transform.class.getName(), "", null);
      }
      Transform transform = (Transform) type.getConstructor().newInstance();
      Table result = transform.apply(new Context(tables));
      if (result == null) {
        throw broken(logic, where, "returned no table", "", null);
      }
      return result;
    } catch (TidemarkException e) {
      throw e;
    } catch (ClassNotFoundException e) {
      throw broken(
          logic, where, "is not on its classpath", String.join(", ", logic.classpath()), e);
    } catch (NoSuchMethodException | IllegalAccessException | InstantiationException e) {
      throw broken(logic, where, "has no public constructor without arguments", "", e);
    } catch (java.lang.reflect.InvocationTargetException e) {
      throw broken(logic, where, "throws " + e.getCause(), "", e.getCause());
    } catch (Exception | LinkageError e) {
      throw broken(logic, where, "throws " + e, "", e);
    } finally {
      Thread.currentThread().setContextClassLoader(before);
    }
  }

  private static TidemarkException broken(
      JavaClass logic, Location where, String what, String why, Throwable cause) {
    return TidemarkException.user(
        Problem.at(
            where,
            "TM-JOB-006",
            "transform class " + logic.className() + " " + what,
            why,
            "correct the class or its name, and build its jar again"),
        cause);
  }

  /** Hands the inputs out by their dataset names. */
  private record Context(StreamTableEnvironment tables) implements TransformContext {
    @Override
    public Table input(String dataset) {
      return tables.from(io.tidemark.job.catalog.Sql.name(dataset));
    }

    @Override
    public DataStream<Row> stream(String dataset) {
      return tables.toDataStream(input(dataset));
    }
  }
}
