package io.tidemark.spec.sql;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.model.Column;
import io.tidemark.model.DatasetId;
import io.tidemark.spec.yaml.Problems;
import io.tidemark.spec.yaml.Snippet;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/**
 * What people do to a query without meaning anything must mean nothing, and the other way round.
 */
class SqlFormattingTest {
  private static final List<String> QUERY =
      List.of(
          "WITH",
          "big",
          "AS",
          "(",
          "SELECT",
          "id",
          ",",
          "UPPER",
          "(",
          "name",
          ")",
          "AS",
          "n",
          ",",
          "a",
          "+",
          "b",
          "*",
          "2",
          "AS",
          "s",
          ",",
          "ts",
          "FROM",
          "events",
          "WHERE",
          "(",
          "a",
          ">",
          "10",
          "AND",
          "name",
          "<>",
          "'It''s --x'",
          ")",
          "OR",
          "b",
          "IS",
          "NOT",
          "NULL",
          ")",
          "SELECT",
          "n",
          "AS",
          "k",
          ",",
          "COUNT",
          "(",
          "*",
          ")",
          "AS",
          "c",
          ",",
          "SUM",
          "(",
          "DISTINCT",
          "s",
          ")",
          "AS",
          "t",
          ",",
          "CASE",
          "WHEN",
          "MAX",
          "(",
          "s",
          ")",
          ">=",
          "100",
          "THEN",
          "'hi'",
          "ELSE",
          "`n`",
          "END",
          "AS",
          "h",
          "FROM",
          "big",
          "LEFT",
          "JOIN",
          "others",
          "AS",
          "o",
          "ON",
          "o",
          ".",
          "id",
          "=",
          "big",
          ".",
          "id",
          "GROUP",
          "BY",
          "n",
          "HAVING",
          "COUNT",
          "(",
          "*",
          ")",
          ">",
          "1");

  private static final Set<String> WORDS =
      Set.of(
          "WITH",
          "AS",
          "SELECT",
          "FROM",
          "WHERE",
          "AND",
          "OR",
          "IS",
          "NOT",
          "NULL",
          "DISTINCT",
          "CASE",
          "WHEN",
          "THEN",
          "ELSE",
          "END",
          "LEFT",
          "JOIN",
          "ON",
          "GROUP",
          "BY",
          "HAVING",
          "COUNT",
          "SUM",
          "MAX",
          "UPPER");

  /** Position in the query, and what to put there instead. */
  private static final List<Edit> EDITS =
      List.of(
          new Edit("UPPER", "LOWER"),
          new Edit("2", "3"),
          new Edit("10", "11"),
          new Edit("AND", "OR"),
          new Edit("<>", "="),
          new Edit("'It''s --x'", "'It''s --y'"),
          new Edit("SUM", "MAX"),
          new Edit("DISTINCT", "ALL"),
          new Edit("MAX", "MIN"),
          new Edit(">=", ">"),
          new Edit("100", "101"),
          new Edit("'hi'", "'Hi'"),
          new Edit("LEFT", "INNER"),
          new Edit("1", "2"),
          new Edit("*", "-"));

  private record Edit(String from, String to) {}

  private static final Problems PROBLEMS = new Problems();
  private static final SqlAnalyzer ANALYZER = analyzer();
  private static final SqlAnalyzer.Query PLAIN = query(String.join(" ", QUERY));

  private static SqlAnalyzer analyzer() {
    SqlAnalyzer analyzer = new SqlAnalyzer(PROBLEMS);
    analyzer.register(
        DatasetId.of("events"),
        List.of(
            Column.required("id", "BIGINT"),
            Column.required("ts", "TIMESTAMP(6)"),
            Column.nullable("a", "INT"),
            Column.nullable("b", "INT"),
            Column.nullable("name", "STRING")));
    analyzer.register(
        DatasetId.of("others"),
        List.of(Column.required("id", "BIGINT"), Column.nullable("v", "DOUBLE")));
    return analyzer;
  }

  private static SqlAnalyzer.Query query(String sql) {
    SqlAnalyzer.Query query =
        ANALYZER
            .parse(Snippet.file("x.sql", sql), Set.of("events", "others"))
            .flatMap(ANALYZER::analyze)
            .orElse(null);
    assertThat(PROBLEMS.sorted()).as(sql).isEmpty();
    return query;
  }

  @Property(tries = 60)
  void whiteSpaceCommentsAndLetterCaseOfKeywordsChangeNothing(@ForAll("seeds") long seed) {
    Random random = new Random(seed);
    StringBuilder sql = new StringBuilder(separator(random));
    for (String token : QUERY) {
      sql.append(WORDS.contains(token) ? letterCase(token, random) : token);
      sql.append(separator(random));
    }
    if (random.nextBoolean()) {
      sql.append(';');
    }

    SqlAnalyzer.Query formatted = query(sql.toString());

    assertThat(formatted.normal()).isEqualTo(PLAIN.normal());
    assertThat(digests(formatted)).isEqualTo(digests(PLAIN));
  }

  @Property
  void everyChangeOfMeaningChangesTheFingerprint(@ForAll("edits") Edit edit) {
    List<String> changed = new ArrayList<>(QUERY);
    changed.set(changed.indexOf(edit.from()), edit.to());

    SqlAnalyzer.Query other = query(String.join(" ", changed));

    assertThat(other.normal()).isNotEqualTo(PLAIN.normal());
    assertThat(digests(other)).isNotEqualTo(digests(PLAIN));
  }

  @Provide
  static Arbitrary<Long> seeds() {
    return Arbitraries.longs();
  }

  @Provide
  static Arbitrary<Edit> edits() {
    return Arbitraries.of(EDITS);
  }

  private static List<String> digests(SqlAnalyzer.Query query) {
    List<String> digests = new ArrayList<>(List.of(query.facts().rows().digest()));
    query.facts().columns().forEach(c -> digests.add(c.digest()));
    return digests;
  }

  private static String letterCase(String word, Random random) {
    return switch (random.nextInt(3)) {
      case 0 -> word;
      case 1 -> word.toLowerCase(Locale.ROOT);
      default -> word.charAt(0) + word.substring(1).toLowerCase(Locale.ROOT);
    };
  }

  private static String separator(Random random) {
    return switch (random.nextInt(6)) {
      case 0 -> " ";
      case 1 -> "\n";
      case 2 -> "\t  ";
      case 3 -> " -- a remark; it's SELECT\n";
      case 4 -> " /* a\n * remark */ ";
      default -> "\r\n    ";
    };
  }
}
