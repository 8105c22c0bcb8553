package io.tidemark.cli;

import io.tidemark.cli.text.Words;
import io.tidemark.control.Report;
import io.tidemark.model.CheckOutcome;
import io.tidemark.model.DatasetDiff;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A diff as one HTML file that needs nothing else: no script, no font, no image from anywhere.
 * Every text that comes from data or files is escaped.
 */
final class DiffHtml {
  private final StringBuilder out = new StringBuilder();

  private DiffHtml() {}

  static String text(Report.DiffShown report) {
    DiffHtml html = new DiffHtml();
    html.page(report);
    return html.out.toString();
  }

  private void page(Report.DiffShown report) {
    Report.RunLine run = report.run();
    raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    raw("<meta http-equiv=\"Content-Security-Policy\" ");
    raw("content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>Diff of run ");
    text(run.run().value()).raw("</title>\n<style>\n").raw(style()).raw("</style>\n</head>\n");
    raw("<body>\n<main>\n<h1>Diff of run ").text(run.run().value()).raw("</h1>\n");
    raw("<p>").tag(colour(run), Words.of(run.state())).raw(" <span class=\"soft\">");
    text(run.change().map(c -> "expecting change " + c).orElse("expecting no change"));
    text(" · planned " + Words.time(run.created()) + " UTC").raw("</span></p>\n");
    if (!run.reason().isEmpty()) {
      raw("<div class=\"note\">").text(Words.sentence(run.reason())).raw("</div>\n");
    }
    summary(report);
    report.datasets().forEach(this::dataset);
    raw(
        "<footer>Rows are matched by key; identical slices were never read. Made by tidemark diff"
            + " ");
    text(run.run().value()).raw(" --html.</footer>\n</main>\n</body>\n</html>\n");
  }

  private static String colour(Report.RunLine run) {
    return switch (run.state()) {
      case READY, PUBLISHED -> "good";
      case BLOCKED, FAILED -> "bad";
      case PLANNED, RUNNING, PUBLISHING, REVERTING, REVERTED, ABANDONED -> "warn";
    };
  }

  private static String colour(Report.Verdict verdict) {
    return switch (verdict) {
      case FIRST_BUILD, UNCHANGED, EXPLAINED -> "good";
      case UNEXPLAINED, CHECK_FAILED -> "bad";
      case UNVERIFIED -> "warn";
    };
  }

  private void summary(Report.DiffShown report) {
    DatasetDiff.Counts total =
        report.datasets().stream()
            .map(d -> d.diff().counts())
            .reduce(DatasetDiff.Counts.ZERO, DatasetDiff.Counts::plus);
    raw("<div class=\"cards\">");
    card("", total.added(), "rows added");
    card("", total.removed(), "rows removed");
    card("", total.changed(), "rows changed");
    card("", total.unchanged(), "rows compared and equal");
    card(total.unexplained() == 0 ? "good" : "bad", total.unexplained(), "unexplained");
    raw("</div>\n<div class=\"scroll\"><table>\n<tr><th>dataset</th><th class=\"n\">slices</th>");
    raw("<th class=\"n\">identical</th><th class=\"n\">added</th><th class=\"n\">removed</th>");
    raw("<th class=\"n\">changed</th><th class=\"n\">unexplained</th><th>verdict</th></tr>\n");
    for (Report.DatasetDifference d : report.datasets()) {
      DatasetDiff.Counts c = d.diff().counts();
      raw("<tr><td><a href=\"#").text(d.dataset().value()).raw("\">").text(d.dataset().value());
      raw("</a></td>").number(d.compared().count()).number(d.identical().count());
      number(c.added()).number(c.removed()).number(c.changed()).number(c.unexplained());
      raw("<td>").tag(colour(d.verdict()), RunText.verdict(d.verdict())).raw("</td></tr>\n");
    }
    raw("</table></div>\n");
  }

  private void card(String colour, long value, String label) {
    raw("<div class=\"card\"><b class=\"").raw(colour).raw("\">").text(Words.count(value));
    raw("</b><span>").text(label).raw("</span></div>");
  }

  private void dataset(Report.DatasetDifference d) {
    raw("<h2 id=\"").text(d.dataset().value()).raw("\">").text(d.dataset().value());
    tag(colour(d.verdict()), RunText.verdict(d.verdict())).raw("</h2>\n<p class=\"soft\">");
    text("Key: " + String.join(", ", d.key()) + " · compared " + Words.countedSlices(d.compared()));
    text(" · " + Words.count(d.identical().count()) + " identical · candidate " + d.candidate());
    text(d.base() == 0 ? " · main held nothing" : " against main " + d.base()).raw("</p>\n");
    if (!d.allowed().isEmpty()) {
      raw("<div class=\"note calm\">Declared: <code>").text(String.join("; ", d.allowed()));
      raw("</code></div>\n");
    }
    for (String reason : d.diff().broken()) {
      raw("<div class=\"note\"><b class=\"bad\">Unexplained</b> ").text(reason).raw("</div>\n");
    }
    checks(d.checks());
    if (d.verdict() != Report.Verdict.FIRST_BUILD) {
      columns(d.diff());
      slices(d);
      samples(d);
    }
  }

  private void checks(List<CheckOutcome> checks) {
    if (checks.isEmpty()) {
      return;
    }
    raw("<h3>Checks</h3>\n<div class=\"scroll\"><table>\n");
    for (CheckOutcome check : checks) {
      raw("<tr><td>").tag(check.passed() ? "good" : check.stops() ? "bad" : "warn", verdict(check));
      raw("</td><td>").text(check.expectation()).raw("</td>");
      number(check.violations()).raw("<td>").text(check.detail()).raw("</td></tr>\n");
    }
    raw("</table></div>\n");
  }

  private static String verdict(CheckOutcome check) {
    return check.passed() ? "passed" : check.stops() ? "failed" : "warning";
  }

  private void columns(DatasetDiff diff) {
    if (diff.columns().isEmpty()) {
      return;
    }
    long most = diff.columns().values().stream().mapToLong(n -> n).max().orElse(1);
    raw("<h3>Columns that differ in changed rows</h3>\n<div class=\"scroll\"><table>\n");
    for (Map.Entry<String, Long> e : diff.columns().entrySet()) {
      raw("<tr><td><code>").text(e.getKey()).raw("</code></td>").number(e.getValue());
      raw("<td class=\"bar\"><div class=\"track\">").bar("c", e.getValue(), most);
      raw("</div></td></tr>\n");
    }
    raw("</table></div>\n");
  }

  private void slices(Report.DatasetDifference d) {
    List<DatasetDiff.SliceDiff> slices =
        d.diff().slices().stream().filter(s -> s.counts().different() > 0).toList();
    if (slices.isEmpty()) {
      return;
    }
    long most = slices.stream().mapToLong(s -> s.counts().different()).max().orElse(1);
    raw("<h3>Slices</h3>\n<div class=\"key\"><span><i class=\"a\"></i>added</span>");
    raw("<span><i class=\"r\"></i>removed</span><span><i class=\"c\"></i>changed</span></div>\n");
    raw("<div class=\"scroll\"><table>\n<tr><th>slice</th><th class=\"n\">added</th>");
    raw("<th class=\"n\">removed</th><th class=\"n\">changed</th><th class=\"n\">equal</th>");
    raw("<th class=\"n\">unexplained</th><th></th></tr>\n");
    for (DatasetDiff.SliceDiff s : slices) {
      DatasetDiff.Counts c = s.counts();
      raw("<tr><td>").text(d.compared().grain().label(s.ordinal())).raw("</td>").number(c.added());
      number(c.removed()).number(c.changed()).number(c.unchanged()).number(c.unexplained());
      raw("<td class=\"bar\"><div class=\"track\">").bar("a", c.added(), most);
      bar("r", c.removed(), most).bar("c", c.changed(), most).raw("</div></td></tr>\n");
    }
    raw("</table></div>\n");
  }

  private void samples(Report.DatasetDifference d) {
    for (DatasetDiff.Verdict verdict :
        List.of(DatasetDiff.Verdict.UNEXPLAINED, DatasetDiff.Verdict.EXPLAINED)) {
      List<DatasetDiff.Sample> samples =
          d.diff().samples().stream().filter(s -> s.verdict() == verdict).toList();
      if (!samples.isEmpty()) {
        raw("<h3>").text(Words.sentence(Words.of(verdict)) + " samples").raw("</h3>\n");
        raw("<div class=\"scroll\"><table>\n<tr><th></th><th>slice</th><th>key</th>");
        raw("<th>values</th></tr>\n");
        samples.forEach(s -> sample(d, s));
        raw("</table></div>\n");
      }
    }
  }

  private void sample(Report.DatasetDifference d, DatasetDiff.Sample s) {
    boolean bad = s.verdict() == DatasetDiff.Verdict.UNEXPLAINED;
    raw("<tr><td>").tag(bad ? "bad" : "good", Words.of(s.kind())).raw("</td><td>");
    text(d.compared().grain().label(s.slice())).raw("</td><td>");
    s.key().forEach((k, v) -> raw("<code class=\"delta\">").text(k + " = " + v).raw("</code>"));
    raw("</td><td>");
    for (DatasetDiff.Delta v : s.values()) {
      if (s.key().containsKey(v.column())) {
        continue;
      }
      raw("<code class=\"delta\">").text(v.column()).raw(": ");
      if (s.kind() != DatasetDiff.Kind.ADDED) {
        raw("<span class=\"before\">").text(v.before().orElse("NULL")).raw("</span>");
      }
      raw(s.kind() == DatasetDiff.Kind.CHANGED ? " → " : "");
      if (s.kind() != DatasetDiff.Kind.REMOVED) {
        raw("<span class=\"after\">").text(v.after().orElse("NULL")).raw("</span>");
      }
      raw("</code>");
    }
    raw("</td></tr>\n");
  }

  private DiffHtml bar(String kind, long value, long most) {
    if (value > 0) {
      double percent = 100.0 * value / Math.max(1, most);
      raw(String.format(Locale.ROOT, "<i class=\"%s\" style=\"width:%.2f%%\"></i>", kind, percent));
    }
    return this;
  }

  private DiffHtml number(long value) {
    return raw("<td class=\"n\">").raw(Words.count(value)).raw("</td>");
  }

  private DiffHtml tag(String colour, String label) {
    return raw("<span class=\"tag ").raw(colour).raw("\">").text(label).raw("</span>");
  }

  private DiffHtml raw(String markup) {
    out.append(markup);
    return this;
  }

  /** Escaped for element content and for attribute values in double quotes. */
  private DiffHtml text(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '&' -> out.append("&amp;");
        case '<' -> out.append("&lt;");
        case '>' -> out.append("&gt;");
        case '"' -> out.append("&quot;");
        case '\'' -> out.append("&#39;");
        default -> out.append(c < ' ' && c != '\n' && c != '\t' ? '\ufffd' : c);
      }
    }
    return this;
  }

  private static String style() {
    try (InputStream in = DiffHtml.class.getResourceAsStream("diff.css")) {
      if (in == null) {
        throw new IllegalStateException("[BUG] diff.css is not in the jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
