package io.tidemark.spec.bytecode;

import java.util.Map;
import java.util.Set;

/** Calls whose result depends on the wall clock, on chance or on processing time. */
final class UnstableCalls {
  private static final String ANY = "*";

  /** Methods by the class that has them. A constructor counts when it takes no seed. */
  private static final Map<String, Set<String>> METHODS =
      Map.ofEntries(
          Map.entry("java/lang/System", Set.of("currentTimeMillis", "nanoTime")),
          Map.entry("java/lang/Math", Set.of("random")),
          Map.entry("java/lang/StrictMath", Set.of("random")),
          Map.entry("java/util/UUID", Set.of("randomUUID")),
          Map.entry("java/util/Calendar", Set.of("getInstance")),
          Map.entry("java/util/concurrent/ThreadLocalRandom", Set.of("current")),
          Map.entry("java/security/SecureRandom", Set.of(ANY)),
          Map.entry(
              "java/time/Clock",
              Set.of(
                  "system",
                  "systemUTC",
                  "systemDefaultZone",
                  "tickMillis",
                  "tickSeconds",
                  "tickMinutes")),
          Map.entry(
              "org/apache/flink/table/api/Expressions",
              Set.of(
                  "currentDate",
                  "currentTime",
                  "currentTimestamp",
                  "localTime",
                  "localTimestamp",
                  "rand",
                  "randInteger",
                  "uuid")));

  private static final Set<String> SEEDLESS =
      Set.of(
          "java/util/Random",
          "java/util/SplittableRandom",
          "java/util/Date",
          "java/util/GregorianCalendar");

  /** Of any class: Flink has many contexts that offer them. */
  private static final Set<String> PROCESSING_TIME =
      Set.of("currentProcessingTime", "registerProcessingTimeTimer", "deleteProcessingTimeTimer");

  private UnstableCalls() {}

  static boolean contains(String owner, String method, String descriptor) {
    if (PROCESSING_TIME.contains(method)) {
      return true;
    }
    if (method.equals("<init>") && SEEDLESS.contains(owner)) {
      return descriptor.equals("()V");
    }
    if (owner.startsWith("java/time/") && method.equals("now")) {
      return !descriptor.contains("Ljava/time/Clock;");
    }
    if (owner.startsWith("org/apache/flink/") && owner.contains("ProcessingTime")) {
      return true;
    }
    Set<String> methods = METHODS.getOrDefault(owner, Set.of());
    return methods.contains(method) || methods.contains(ANY);
  }
}
