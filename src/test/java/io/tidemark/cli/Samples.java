package io.tidemark.cli;

import io.tidemark.control.Corrected;
import io.tidemark.control.Maintained;
import io.tidemark.control.Report;
import io.tidemark.control.SliceLine;
import io.tidemark.control.StampedCommit;
import io.tidemark.control.Verified;
import io.tidemark.model.Analysis;
import io.tidemark.model.CheckOutcome;
import io.tidemark.model.Column;
import io.tidemark.model.Dataset;
import io.tidemark.model.DatasetDiff;
import io.tidemark.model.DatasetDiff.Counts;
import io.tidemark.model.DatasetId;
import io.tidemark.model.Expectation.Severity;
import io.tidemark.model.ExpectedChange;
import io.tidemark.model.Fingerprint;
import io.tidemark.model.Governance;
import io.tidemark.model.Grain;
import io.tidemark.model.Graph;
import io.tidemark.model.Layout;
import io.tidemark.model.Location;
import io.tidemark.model.Plan;
import io.tidemark.model.Plan.ChangeKind;
import io.tidemark.model.Plan.Cost;
import io.tidemark.model.RunId;
import io.tidemark.model.RunState;
import io.tidemark.model.Schema;
import io.tidemark.model.SliceSet;
import io.tidemark.model.Stamp;
import io.tidemark.model.Step;
import io.tidemark.model.TableRef;
import io.tidemark.model.Transform;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Reports as control would answer them, small enough to read in a golden file. */
final class Samples {
  static final Instant NOON = Instant.parse("2001-06-01T12:00:00Z");
  static final DatasetId EVENTS = DatasetId.of("events");
  static final DatasetId CITIES = DatasetId.of("cities");
  static final DatasetId DAYS = DatasetId.of("city_day");
  static final DatasetId MONTHS = DatasetId.of("city_month");
  static final RunId RUN = new RunId("r-20010601-a1b2");

  private Samples() {}

  static SliceSet days(String labels) {
    return SliceSet.parse(Grain.DAY, labels);
  }

  static SliceSet months(String labels) {
    return SliceSet.parse(Grain.MONTH, labels);
  }

  static Graph graph() {
    Governance plain = new Governance(Governance.Tier.STANDARD, "", "", List.of());
    Schema schema =
        new Schema(
            List.of(Column.required("city", "STRING"), Column.nullable("at", "TIMESTAMP_LTZ(6)")));
    Layout sliced = new Layout(Optional.of("at"), Grain.MONTH, Grain.MONTH);
    Analysis analysis =
        new Analysis(
            Fingerprint.of("a"),
            Fingerprint.of("rows"),
            new TreeMap<>(),
            new TreeMap<>(),
            new TreeMap<>(),
            List.of(),
            Analysis.Locality.SHUFFLED);
    Dataset events =
        new Dataset(
            EVENTS,
            Dataset.Kind.SOURCE,
            TableRef.parse("lake.events"),
            schema,
            List.of("city"),
            sliced,
            plain);
    Dataset cities =
        new Dataset(
            CITIES,
            Dataset.Kind.REFERENCE,
            TableRef.parse("lake.cities"),
            schema,
            List.of("city"),
            Layout.unsliced(),
            plain);
    Dataset day =
        new Dataset(
            DAYS,
            Dataset.Kind.DERIVED,
            TableRef.parse("lake.city_day"),
            schema,
            List.of("city", "at"),
            new Layout(Optional.of("at"), Grain.DAY, Grain.DAY),
            plain);
    Transform transform =
        new Transform(
            DAYS,
            new Transform.Sql("SELECT * FROM events"),
            List.of(EVENTS, CITIES),
            Transform.Window.EXACT,
            "",
            analysis,
            Location.of("jobs/cities/pipeline.yaml"));
    return new Graph(
        "cities",
        List.of(events, cities, day),
        List.of(transform),
        List.of(
            new ExpectedChange(
                "fix", "", new TreeMap<>(), Location.of("jobs/cities/changes/fix.yaml"))),
        Fingerprint.of("revision"));
  }

  static Plan plan() {
    return new Plan(
        Plan.VERSION,
        "cities",
        Fingerprint.of("revision"),
        Optional.of("fix"),
        List.of(
            new Plan.Impact(
                DAYS,
                1,
                days("2001-01-01..2001-01-31"),
                days("2001-02-01..2001-02-28"),
                List.of(
                    new Plan.Reason(
                        ChangeKind.LOGIC, days("2001-01-01..2001-01-31"), "the SQL differs")),
                new Cost(31, 40, 12_345_678, Optional.of(12.4))),
            new Plan.Impact(
                MONTHS,
                2,
                months("2001-01"),
                months("2001-02"),
                List.of(
                    new Plan.Reason(ChangeKind.UPSTREAM, months("2001-01"), "city_day is rebuilt")),
                new Cost(1, 31, 4_567, Optional.empty()))),
        List.of(
            new Step.PrepareV2(
                "prepare",
                new TreeMap<>(Map.of(EVENTS, 7L)),
                List.of(DAYS, MONTHS),
                new TreeMap<>(Map.of(DAYS, 3L, MONTHS, 0L))),
            new Step.VerifyV1("verify-city_day", DAYS, days("2001-01-01..2001-01-31"))),
        new Cost(32, 71, 12_350_245, Optional.empty()));
  }

  static Report.Planned planned() {
    return new Report.Planned(plan(), Fingerprint.of("plan"), Optional.of("plan.json"));
  }

  static Report.Planned nothingPlanned() {
    return new Report.Planned(
        new Plan(
            Plan.VERSION,
            "cities",
            Fingerprint.of("revision"),
            Optional.empty(),
            List.of(
                new Plan.Impact(
                    DAYS, 0, days(""), days("2001-01-01..2001-01-31"), List.of(), Cost.ZERO)),
            List.of(),
            Cost.ZERO),
        Fingerprint.of("nothing"),
        Optional.empty());
  }

  static Report.RunLine run(RunState state, String reason) {
    return new Report.RunLine(
        RUN, state, Optional.of("fix"), reason, NOON, NOON, List.of(DAYS, MONTHS), 32);
  }

  static Report.StatusShown status() {
    return new Report.StatusShown(
        "cities",
        List.of(
            new Report.DatasetStatus(
                EVENTS,
                Dataset.Kind.SOURCE,
                "lake.events",
                Optional.of(7L),
                1_234_567,
                12,
                98_765_432,
                months("2001-01..2001-02"),
                months(""),
                months(""),
                months(""),
                List.of()),
            new Report.DatasetStatus(
                CITIES,
                Dataset.Kind.REFERENCE,
                "lake.cities",
                Optional.empty(),
                0,
                0,
                0,
                SliceSet.empty(Grain.ALL),
                SliceSet.empty(Grain.ALL),
                SliceSet.empty(Grain.ALL),
                SliceSet.empty(Grain.ALL),
                List.of()),
            new Report.DatasetStatus(
                DAYS,
                Dataset.Kind.DERIVED,
                "lake.city_day",
                Optional.of(9L),
                58,
                59,
                70_000,
                days("2001-01-01..2001-02-28"),
                days("2001-02-01..2001-02-28"),
                days("2001-01-01,2001-01-03,2001-01-05,2001-01-07..2001-01-31"),
                days("2001-02-28"),
                List.of(
                    new Plan.Reason(
                        ChangeKind.INPUT_DATA,
                        days("2001-01-01,2001-01-03,2001-01-05,2001-01-07..2001-01-31"),
                        "events: snapshot 7 (append)")))),
        List.of(run(RunState.BLOCKED, "unexplained rows")));
  }

  static Report.SlicesShown slices() {
    return new Report.SlicesShown(
        DAYS,
        "lake.city_day",
        Optional.of(9L),
        List.of(
            new SliceLine(
                "2001-01-01",
                12,
                1,
                2_345,
                Optional.of("00112233445566778899aabbccddeeff"),
                Optional.of(RUN.value()),
                SliceLine.State.CLOSED),
            new SliceLine(
                "2001-01-02",
                3,
                2,
                999,
                Optional.empty(),
                Optional.empty(),
                SliceLine.State.CLOSED),
            new SliceLine(
                "2001-01-03",
                5,
                1,
                999,
                Optional.of("ffeeddccbbaa99887766554433221100"),
                Optional.of("live flights-3"),
                SliceLine.State.CLOSED),
            new SliceLine(
                "2001-01-04",
                1,
                1,
                999,
                Optional.empty(),
                Optional.empty(),
                SliceLine.State.OPEN)));
  }

  static Verified verified() {
    return new Verified(
        DAYS,
        "lake.city_day",
        List.of(
            new Verified.Source(
                EVENTS,
                "events.v1",
                List.of(
                    new Verified.Partition(0, 0, 1_200, 1_200, 1_198, 2, 0, 0, 0, 0, List.of()),
                    new Verified.Partition(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, List.of())))),
        Optional.of(
            new Verified.Slices(
                days("2001-01-01..2001-01-30"),
                days(""),
                days("2001-01-31"),
                List.of(),
                DatasetDiff.Counts.ZERO,
                days(""))));
  }

  static Verified verifiedNot() {
    return new Verified(
        DAYS,
        "lake.city_day",
        List.of(
            new Verified.Source(
                EVENTS,
                "events.v1",
                List.of(
                    new Verified.Partition(
                        0,
                        0,
                        1_200,
                        1_200,
                        1_197,
                        2,
                        2,
                        1,
                        3,
                        4,
                        List.of("no mark speaks of offsets 7 to 9"))))),
        Optional.of(
            new Verified.Slices(
                days("2001-01-01..2001-01-30"),
                days("2001-01-31"),
                days(""),
                List.of(
                    new Plan.Reason(
                        ChangeKind.LATE_DATA, days("2001-01-31"), "events: late events")),
                new DatasetDiff.Counts(1, 2, 3, 4, 6),
                days("2001-01-07,2001-01-09"))));
  }

  static Maintained maintained() {
    return new Maintained(
        List.of(
            new Maintained.Table(
                DAYS, days("2001-01-07..2001-01-09"), days(""), 1_440, 3, 0, List.of()),
            new Maintained.Table(
                MONTHS,
                months(""),
                months("2001-01"),
                0,
                0,
                12,
                List.of("somebody else replaced their files meanwhile"))));
  }

  static Corrected corrected() {
    return new Corrected(
        Optional.of(run(RunState.BLOCKED, "3 rows of city_day differ without explanation")),
        List.of(new Corrected.Slices(DAYS, days("2001-01-07"), "rows of 2 keys")),
        List.of(new Corrected.Waiting(DAYS, days("2001-01-08"), "late events still come")));
  }

  static Report.HistoryShown history() {
    return new Report.HistoryShown(
        DAYS,
        "lake.city_day",
        Optional.of(9L),
        List.of(
            new StampedCommit(
                9,
                Optional.of(8L),
                NOON,
                Stamp.Kind.PUBLISH,
                Optional.of(RUN),
                Optional.of(Fingerprint.of("plan")),
                Optional.of(Fingerprint.of("code")),
                List.of("cities@3", "events@7"),
                days("2001-01-01..2001-01-31"),
                1_000,
                "fix"),
            new StampedCommit(
                8,
                Optional.empty(),
                NOON.minusSeconds(60),
                Stamp.Kind.LOAD,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                days(""),
                0,
                "")));
  }

  static DatasetDiff diff() {
    TreeMap<String, Long> columns = new TreeMap<>();
    columns.put("at", 20L);
    columns.put("visits", 3L);
    TreeMap<String, String> key = new TreeMap<>();
    key.put("city", "Łódź <b>\u001b[31m");
    return new DatasetDiff(
        new Counts(2, 1, 21, 900, 3),
        columns,
        List.of(
            new DatasetDiff.SliceDiff(
                days("2001-01-01").ordinals().findFirst().orElseThrow(),
                new Counts(2, 1, 15, 400, 3)),
            new DatasetDiff.SliceDiff(
                days("2001-01-02").ordinals().findFirst().orElseThrow(),
                new Counts(0, 0, 6, 500, 0))),
        List.of(
            new DatasetDiff.Sample(
                DatasetDiff.Kind.CHANGED,
                DatasetDiff.Verdict.UNEXPLAINED,
                days("2001-01-01").ordinals().findFirst().orElseThrow(),
                key,
                List.of(
                    new DatasetDiff.Delta("visits", Optional.of("3"), Optional.of("4")),
                    new DatasetDiff.Delta("name", Optional.empty(), Optional.of("x & y")))),
            new DatasetDiff.Sample(
                DatasetDiff.Kind.ADDED,
                DatasetDiff.Verdict.EXPLAINED,
                days("2001-01-01").ordinals().findFirst().orElseThrow(),
                new TreeMap<>(Map.of("city", "Oslo")),
                List.of(new DatasetDiff.Delta("visits", Optional.empty(), Optional.of("9")))),
            new DatasetDiff.Sample(
                DatasetDiff.Kind.REMOVED,
                DatasetDiff.Verdict.EXPLAINED,
                days("2001-01-01").ordinals().findFirst().orElseThrow(),
                new TreeMap<>(Map.of("city", "Rome")),
                List.of(new DatasetDiff.Delta("visits", Optional.of("1"), Optional.empty())))),
        List.of("3 rows break the relation"));
  }

  static Report.DiffShown diffShown() {
    return new Report.DiffShown(
        run(RunState.BLOCKED, "3 rows of city_day differ without explanation"),
        List.of(
            new Report.DatasetDifference(
                DAYS,
                List.of("city", "at"),
                8,
                9,
                days("2001-01-01..2001-01-31"),
                days("2001-01-03..2001-01-31"),
                diff(),
                List.of(
                    new CheckOutcome(
                        "one row per city",
                        Severity.ERROR,
                        2,
                        "2 keys occur twice",
                        days("2001-01-02").ordinals().boxed().toList()),
                    new CheckOutcome("no city is lost", Severity.WARN, 1, "", List.of()),
                    new CheckOutcome("city is known", Severity.ERROR, 0, "", List.of())),
                List.of("columns at", "where old_city = new_city"),
                Report.Verdict.UNEXPLAINED),
            new Report.DatasetDifference(
                MONTHS,
                List.of("city"),
                0,
                5,
                months("2001-01"),
                months(""),
                new DatasetDiff(
                    new Counts(40, 0, 0, 0, 0), new TreeMap<>(), List.of(), List.of(), List.of()),
                List.of(),
                List.of(),
                Report.Verdict.FIRST_BUILD)));
  }

  static Report.RunShown runShown() {
    return new Report.RunShown(
        Optional.of(run(RunState.BLOCKED, "3 rows of city_day differ without explanation")),
        List.of(
            new Report.DatasetOutcome(
                DAYS,
                days("2001-01-01..2001-01-31"),
                days("2001-01-03..2001-01-31"),
                924,
                new Counts(2, 1, 21, 900, 3),
                List.of("one row per city"),
                Report.Verdict.UNEXPLAINED),
            new Report.DatasetOutcome(
                MONTHS,
                months("2001-01"),
                months(""),
                40,
                new Counts(40, 0, 0, 0, 0),
                List.of(),
                Report.Verdict.FIRST_BUILD)));
  }

  static List<Report.TableChange> tables() {
    return List.of(
        new Report.TableChange(DAYS, "lake.city_day", 11, days("2001-01-01..2001-01-02")),
        new Report.TableChange(MONTHS, "lake.city_month", 12, months("2001-01")));
  }
}
