package io.tidemark.store;

import io.tidemark.model.Problem;
import io.tidemark.model.TidemarkException;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** What differs between the two databases: how a connection is set up and what its errors mean. */
enum Dialect {
  SQLITE(
      "jdbc:sqlite:",
      List.of(
          "PRAGMA busy_timeout = 10000",
          "PRAGMA journal_mode = WAL",
          "PRAGMA synchronous = FULL",
          "PRAGMA foreign_keys = ON")),
  POSTGRESQL("jdbc:postgresql:", List.of("SET lock_timeout = '10s'"));

  private final String prefix;
  private final List<String> setUp;

  Dialect(String prefix, List<String> setUp) {
    this.prefix = prefix;
    this.setUp = setUp;
  }

  static Optional<Dialect> of(String url) {
    for (Dialect dialect : values()) {
      if (url.startsWith(dialect.prefix)) {
        return Optional.of(dialect);
      }
    }
    return Optional.empty();
  }

  /** A URL as messages may show it: without parameters and user part, which may hold a password. */
  static String shown(String url) {
    int end = url.indexOf('?');
    String path = end < 0 ? url : url.substring(0, end);
    return path.replaceAll("//[^/@]*@", "//");
  }

  /** The statements that every new connection starts with. */
  List<String> setUp() {
    return setUp;
  }

  /** The file of an SQLite database; empty for a database that is not a file. */
  Optional<String> file(String url) {
    String path = shown(url).substring(prefix.length());
    boolean memory = path.isEmpty() || path.startsWith(":memory:");
    return this == SQLITE && !memory ? Optional.of(path) : Optional.empty();
  }

  /** Says what an SQL error means, in words that name no secret. */
  TidemarkException explain(String url, SQLException error) {
    return TidemarkException.external(
        this == SQLITE ? sqlite(shown(url), error) : postgresql(shown(url), error), error);
  }

  private static Problem sqlite(String url, SQLException error) {
    int code = error.getErrorCode() & 0xff;
    return switch (code) {
      case 5, 6 ->
          problem(
              "TM-STORE-011",
              "the control database " + url + " is locked by another process",
              "it did not let go for ten seconds",
              "try again when the other process is done");
      case 8 ->
          problem(
              "TM-STORE-012",
              "the control database " + url + " is read-only",
              "runs, leases and evidence are recorded in it",
              "make the file and its folder writable");
      case 13 ->
          problem(
              "TM-STORE-013",
              "no space is left for the control database " + url,
              "nothing of this change was recorded",
              "free some space and repeat the command; it resumes where it stopped");
      case 10 ->
          problem(
              "TM-STORE-014",
              "the control database " + url + " cannot be read or written",
              "the disk reports an error: " + error.getMessage(),
              "check the disk and repeat the command; it resumes where it stopped");
      case 14 ->
          problem(
              "TM-STORE-010",
              "the control database " + url + " cannot be opened",
              "its file or folder is missing or not accessible",
              "check the path and its permissions");
      case 11, 26 ->
          problem(
              "TM-STORE-015",
              "the control database " + url + " is damaged or is no SQLite file",
              "what is published can be told from the tables alone",
              "move the file away: a new one is made, and the history is read from the tables");
      default -> unknown(url, error);
    };
  }

  private static Problem postgresql(String url, SQLException error) {
    String state = error.getSQLState() == null ? "" : error.getSQLState();
    if (state.startsWith("08") || state.startsWith("57P")) {
      return problem(
          "TM-STORE-010",
          "the control database " + url + " cannot be reached",
          "the connection failed or was cut",
          "check that PostgreSQL runs at this address and repeat the command");
    } else if (state.startsWith("28") || state.equals("3D000")) {
      return problem(
          "TM-STORE-016",
          "the control database " + url + " does not let us in",
          "the user, the password or the database name is wrong",
          "check the store section of the environment's configuration");
    } else if (state.equals("25006") || state.equals("42501")) {
      return problem(
          "TM-STORE-012",
          "the control database " + url + " is read-only for us",
          "runs, leases and evidence are recorded in it",
          "grant the user the right to create and write tables, on the primary server");
    } else if (state.startsWith("53")) {
      return problem(
          "TM-STORE-013",
          "the control database " + url + " has no space or connections left",
          "nothing of this change was recorded",
          "make room and repeat the command; it resumes where it stopped");
    } else if (state.equals("55P03") || state.startsWith("40")) {
      return problem(
          "TM-STORE-011",
          "the control database " + url + " is locked by another process",
          "it did not let go for ten seconds",
          "try again when the other process is done");
    }
    return unknown(url, error);
  }

  private static Problem unknown(String url, SQLException error) {
    return problem(
        "TM-STORE-019",
        "the control database " + url + " reports an error",
        error.getClass().getSimpleName()
            + " "
            + error.getSQLState()
            + "/"
            + error.getErrorCode()
            + ": "
            + String.valueOf(error.getMessage()).lines().findFirst().orElse(""),
        "repeat the command; it resumes where it stopped");
  }

  private static Problem problem(String code, String what, String why, String fix) {
    return Problem.of(code, what, why, fix);
  }
}
