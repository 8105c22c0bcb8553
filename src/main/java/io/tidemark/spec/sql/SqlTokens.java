package io.tidemark.spec.sql;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.calcite.sql.parser.SqlParserPos;

/**
 * The tokens of a SQL text that parses, with their places: enough to change the text where the
 * parser's own positions leave out brackets and keywords. Comments are no tokens.
 */
final class SqlTokens {
  private static final Pattern TOKEN =
      Pattern.compile(
          "(?s)(?<skip>\\s+|--[^\\r\\n]*|/\\*.*?\\*/)"
              + "|(?<token>'(?:[^']|'')*'|`(?:[^`]|``)*`|[\\p{L}\\p{N}_$]+|.)");

  private final String text;
  private final List<Token> tokens = new ArrayList<>();
  private final List<Integer> lines = new ArrayList<>();

  /**
   * @param depth in how many brackets it is; an opening and a closing bracket are outside
   */
  record Token(String text, int from, int to, int depth) {
    boolean is(String word) {
      return text.equalsIgnoreCase(word);
    }
  }

  SqlTokens(String text) {
    this.text = text;
    Matcher matcher = TOKEN.matcher(text);
    int depth = 0;
    while (matcher.find()) {
      String token = matcher.group("token");
      if (token != null) {
        depth -= token.equals(")") ? 1 : 0;
        tokens.add(new Token(token, matcher.start(), matcher.end(), depth));
        depth += token.equals("(") ? 1 : 0;
      }
    }
    lines.add(0);
    Matcher line = Pattern.compile("\\r\\n|\\r|\\n").matcher(text);
    while (line.find()) {
      lines.add(line.end());
    }
  }

  /** Where a node of the parsed query begins. */
  int from(SqlParserPos pos) {
    return lines.get(pos.getLineNum() - 1) + pos.getColumnNum() - 1;
  }

  /** The place after its last character. */
  int to(SqlParserPos pos) {
    return lines.get(pos.getEndLineNum() - 1) + pos.getEndColumnNum();
  }

  /**
   * The brackets that begin just before a place, the outermost of those that follow each other, up
   * to and with the one that closes them.
   *
   * @return the first and the place after the last character; the same twice if there are none
   */
  int[] bracketsBefore(int from) {
    int first = -1;
    for (int i = 0; i < tokens.size() && tokens.get(i).from() < from; i++) {
      if (!tokens.get(i).is("(")) {
        first = -1;
      } else if (first < 0) {
        first = i;
      }
    }
    if (first < 0) {
      return new int[] {from, from};
    }
    Token open = tokens.get(first);
    Token close =
        tokens.subList(first + 1, tokens.size()).stream()
            .filter(t -> t.is(")") && t.depth() == open.depth())
            .findFirst()
            .orElse(open);
    return new int[] {open.from(), close.to()};
  }

  /** The text without the ORDER BY of the whole query, which must have one and no LIMIT. */
  String withoutLastOrder() {
    int from = text.length();
    int to = text.length();
    for (Token token : tokens) {
      if (token.depth() == 0 && token.is("ORDER")) {
        from = token.from();
      }
      if (token.depth() == 0 && token.is(";")) {
        to = token.from();
      }
    }
    return text.substring(0, from) + text.substring(Math.max(from, to));
  }
}
