package io.tidemark.plan;

import io.tidemark.model.Fingerprint;
import io.tidemark.model.Plan;
import io.tidemark.model.Problem;
import io.tidemark.model.RecordJson;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.json.Json;
import java.util.Map;

/** Plans to and from JSON. Plans of every released format stay readable. */
public final class PlanJson {
  private PlanJson() {}

  public static String write(Plan plan) {
    return RecordJson.write(plan, Plan.class);
  }

  /** What a run, its stamps and its approvals are bound to. */
  public static Fingerprint hash(Plan plan) {
    return RecordJson.hash(plan, Plan.class);
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @throws TidemarkException USER if the text is no plan, or one of a format that is not known
   */
  public static Plan read(String json) {
    try {
      Object version = Json.parse(json) instanceof Map<?, ?> map ? map.get("version") : null;
      if (version instanceof Long number && number != Plan.VERSION) {
        throw TidemarkException.user(
            Problem.of(
                "TM-PLAN-009",
                "plan format " + number + " is not known",
                "this version of tidemark reads format " + Plan.VERSION,
                "make the plan again with this version: tidemark plan --out FILE"));
      }
      return RecordJson.read(json, Plan.class);
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw TidemarkException.user(
          Problem.of(
              "TM-PLAN-008",
              "the text is no plan",
              String.valueOf(e.getMessage()),
              "use a file that tidemark plan --out wrote, unchanged"),
          e);
    }
  }
}
