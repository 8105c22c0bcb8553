package io.tidemark.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import io.tidemark.model.Graph;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The shape of the code. A rule that fails says why it is there; if the reason no longer holds,
 * change the rule with the code. There is no list of known violations.
 */
class ArchitectureTest {
  private static final String ROOT = "io.tidemark";

  private static final JavaClasses MAIN =
      new ClassFileImporter()
          .importUrl(Graph.class.getProtectionDomain().getCodeSource().getLocation());

  /** What each package may use of ours, besides itself. */
  private static final Map<String, Set<String>> MAY_USE =
      Map.ofEntries(
          Map.entry("model", Set.of()),
          Map.entry("sdk", Set.of()),
          Map.entry("sample", Set.of()),
          Map.entry("spec", Set.of("model", "sdk")),
          Map.entry("plan", Set.of("model")),
          Map.entry("lake", Set.of("model")),
          Map.entry("store", Set.of("model")),
          Map.entry("cluster", Set.of("model")),
          Map.entry("job", Set.of("model", "sdk")),
          Map.entry("release", Set.of("model", "lake", "store")),
          Map.entry("run", Set.of("model", "plan", "lake", "store", "cluster", "release")),
          Map.entry("live", Set.of("model", "plan", "lake", "store", "cluster", "release", "run")),
          Map.entry("rollback", Set.of("model", "lake", "store", "release", "live")),
          Map.entry("doctor", Set.of("model", "store", "cluster", "live")),
          Map.entry("lineage", Set.of("model", "store")),
          Map.entry(
              "control",
              Set.of(
                  "model",
                  "spec",
                  "plan",
                  "lake",
                  "store",
                  "cluster",
                  "release",
                  "run",
                  "live",
                  "lineage",
                  "sdk",
                  "sample",
                  "rollback",
                  "doctor")),
          Map.entry("server", Set.of("model", "control")),
          Map.entry("cli", Set.of("model", "control")));

  /** The same inside a package that has packages of its own; those named first see all others. */
  private static final Map<String, Set<String>> INSIDE =
      Map.ofEntries(
          Map.entry("lake.files", Set.of()),
          Map.entry("lake.refs", Set.of()),
          Map.entry("lake.pointers", Set.of()),
          Map.entry("live.place", Set.of()),
          Map.entry("live.time", Set.of()),
          Map.entry("control.handlers", Set.of("control")),
          Map.entry("cli.demo", Set.of()),
          Map.entry("cli.text", Set.of()),
          Map.entry("lake.setup", Set.of("lake.files", "lake.refs")),
          Map.entry("lake.notes", Set.of()),
          Map.entry("live.topics", Set.of()),
          Map.entry("model.json", Set.of()),
          Map.entry("model.log", Set.of("model")),
          Map.entry("model.rollback", Set.of()),
          Map.entry("model.doctor", Set.of("model")),
          Map.entry("model.version", Set.of("model")),
          Map.entry("model.naming", Set.of("model")),
          Map.entry("model.touched", Set.of("model")),
          Map.entry("lake.probe", Set.of("lake.pointers", "lake.refs")),
          Map.entry("job.slice", Set.of()),
          Map.entry("job.catalog", Set.of("job.slice")),
          Map.entry("job.value", Set.of()),
          Map.entry("job.transform", Set.of("job.slice", "job.catalog")),
          Map.entry("job.append", Set.of("job.slice", "job.catalog")),
          Map.entry("job.follow", Set.of("job.slice", "job.append")),
          Map.entry("job.build", Set.of("job.slice", "job.catalog", "job.transform")),
          Map.entry("job.load", Set.of("job.slice", "job.catalog", "job.value")),
          Map.entry(
              "job.live",
              Set.of(
                  "job.slice",
                  "job.catalog",
                  "job.value",
                  "job.transform",
                  "job.append",
                  "job.follow")),
          Map.entry("live.keep", Set.of("live.time")),
          Map.entry("live.parts", Set.of()),
          Map.entry("job.verify", Set.of("job.slice", "job.catalog")),
          Map.entry("job.compact", Set.of("job.slice", "job.catalog")),
          Map.entry("job.probe", Set.of("job.slice", "job.catalog")),
          Map.entry("spec.yaml", Set.of()),
          Map.entry("spec.sql", Set.of("spec.yaml")),
          Map.entry("spec.bytecode", Set.of("spec.yaml")));

  /** What the rest sees of a package that has packages of its own. */
  private static final Map<String, Set<String>> FRONT =
      Map.of(
          "job", Set.of("JobMain", "CatalogQuery", "OriginScan", "LocalFiles"),
          "spec", Set.of("ProjectReader", "ConfigReader", "ProjectTemplate", "LiveQuery"),
          "lake", Set.of("Lake", "Lakes"));

  private static final Set<String> PURE = Set.of("model", "plan");

  private static String packageOf(String name) {
    return ROOT + "." + name + "..";
  }

  private static String[] packagesOf(Stream<String> names) {
    return names.map(ArchitectureTest::packageOf).toArray(String[]::new);
  }

  @TestFactory
  Stream<DynamicTest> packagesUseOnlyWhatTheyMay() {
    return MAY_USE.keySet().stream()
        .sorted()
        .map(
            name ->
                DynamicTest.dynamicTest(
                    name + " uses nothing of ours but " + MAY_USE.get(name),
                    () -> directions(name).check(MAIN)));
  }

  private static ArchRule directions(String name) {
    String[] forbidden =
        packagesOf(
            MAY_USE.keySet().stream()
                .filter(other -> !other.equals(name) && !MAY_USE.get(name).contains(other)));
    return noClasses()
        .that()
        .resideInAPackage(packageOf(name))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(forbidden)
        .orShould()
        .dependOnClassesThat()
        .resideInAPackage(ROOT)
        .because(
            "work flows one way, from jobs/ to publish: a package that looks back cannot be"
                + " understood, tested or replaced on its own")
        .allowEmptyShould(true);
  }

  @TestFactory
  Stream<DynamicTest> innerPackagesUseOnlyWhatTheyMay() {
    return INSIDE.keySet().stream()
        .sorted()
        .map(
            name ->
                DynamicTest.dynamicTest(
                    name + " uses nothing of " + outer(name) + " but " + INSIDE.get(name),
                    () -> innerDirections(name).check(MAIN)));
  }

  private static ArchRule innerDirections(String name) {
    Set<String> mayUse = INSIDE.get(name);
    String family = ROOT + "." + outer(name);
    return noClasses()
        .that()
        .resideInAPackage(ROOT + "." + name)
        .should()
        .dependOnClassesThat(
            named(
                "are of " + outer(name) + " and neither its own nor " + mayUse,
                c ->
                    (c.getPackageName() + ".").startsWith(family + ".")
                        && !c.getPackageName().equals(ROOT + "." + name)
                        && mayUse.stream()
                            .noneMatch(m -> c.getPackageName().equals(ROOT + "." + m))))
        .because("what kinds of work share lies below them, and they do not know each other");
  }

  private static String outer(String inner) {
    return inner.substring(0, inner.indexOf('.'));
  }

  @TestFactory
  Stream<DynamicTest> innerPackagesAreSeenThroughTheirFront() {
    return FRONT.keySet().stream()
        .sorted()
        .map(
            name ->
                DynamicTest.dynamicTest(
                    name + " is seen as " + FRONT.get(name), () -> front(name).check(MAIN)));
  }

  private static ArchRule front(String name) {
    String family = ROOT + "." + name;
    return noClasses()
        .that()
        .resideOutsideOfPackage(packageOf(name))
        .should()
        .dependOnClassesThat(
            named(
                "are parts of " + name + " behind its front",
                c ->
                    (c.getPackageName() + ".").startsWith(family + ".")
                        && FRONT.get(name).stream().noneMatch(f -> isOrIsIn(c, f))))
        .because("its packages are public to each other, not to the rest");
  }

  private static boolean isOrIsIn(JavaClass type, String name) {
    return type.getSimpleName().equals(name)
        || type.getEnclosingClass().map(outer -> isOrIsIn(outer, name)).orElse(false);
  }

  @Test
  void everyPackageHasARule() {
    classes()
        .should()
        .resideInAnyPackage(
            Stream.concat(
                    Stream.of(ROOT),
                    Stream.concat(MAY_USE.keySet().stream(), INSIDE.keySet().stream())
                        .map(name -> ROOT + "." + name))
                .toArray(String[]::new))
        .because("a new package is a decision about direction, which MAY_USE above records")
        .check(MAIN);
  }

  @Test
  void packagesHaveNoCycles() {
    slices()
        .matching(ROOT + ".(**)")
        .should()
        .beFreeOfCycles()
        .because("packages in a cycle are one package with two names")
        .check(MAIN);
  }

  @Test
  void theModelUsesTheJdkAlone() {
    classes()
        .that()
        .resideInAPackage(packageOf("model"))
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage("java..", packageOf("model"))
        .because("it travels in the job jar, where every library is one more conflict")
        .check(MAIN);
  }

  @Test
  void theSdkUsesFlinkAlone() {
    classes()
        .that()
        .resideInAPackage(packageOf("sdk"))
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage("java..", "org.apache.flink..", packageOf("sdk"))
        .because("job authors compile against it")
        .check(MAIN);
  }

  @TestFactory
  Stream<DynamicTest> planningIsPure() {
    return PURE.stream()
        .sorted()
        .map(name -> DynamicTest.dynamicTest(name + " is pure", () -> purity(name).check(MAIN)));
  }

  private static ArchRule purity(String name) {
    return noClasses()
        .that()
        .resideInAPackage(packageOf(name))
        .should()
        .callMethodWhere(readsTheClock().or(readsTheEnvironment()))
        .orShould()
        .dependOnClassesThat(
            named(
                "does I/O, random or logging",
                c ->
                    c.getPackageName().startsWith("java.nio.file")
                            && !c.getName().equals("java.nio.file.Path")
                        || c.getPackageName().startsWith("java.net")
                        || c.getPackageName().startsWith("java.sql")
                        || c.getPackageName().startsWith("org.slf4j")
                        || c.getPackageName().startsWith("java.util.logging")
                        || Set.of(
                                "java.io.File",
                                "java.io.FileInputStream",
                                "java.io.FileOutputStream",
                                "java.time.Clock",
                                "java.util.Random",
                                "java.util.concurrent.ThreadLocalRandom",
                                "java.util.UUID",
                                "java.lang.Thread")
                            .contains(c.getName())))
        .because("equal graphs and facts must give equal plans, and equal values equal hashes");
  }

  @Test
  void theClockIsReadWhereItIsInjected() {
    noClasses()
        .that()
        .resideInAnyPackage(
            packagesOf(Stream.of("model", "sdk", "spec", "plan", "store", "lineage")))
        .should()
        .callMethodWhere(readsTheClock())
        .because("time is an argument: a test must be able to choose it")
        .check(MAIN);
  }

  @Test
  void nobodyAsksJavaTimeForNowOfTheDefaultClock() {
    noClasses()
        .that()
        .resideOutsideOfPackages(packagesOf(Stream.of("job", "cluster")))
        .should()
        .callMethodWhere(
            call(
                "now() without a Clock",
                c ->
                    c.getTarget().getOwner().getPackageName().startsWith("java.time")
                        && c.getTarget().getName().equals("now")
                        && c.getTarget().getRawParameterTypes().isEmpty()))
        .because("Instant.now(clock) can be tested, Instant.now() cannot")
        .check(MAIN);
  }

  @Test
  void icebergStaysInLakeAndJob() {
    onlyIn(
        "org.apache.iceberg..",
        "a change of table format API must not reach a decision",
        "lake",
        "job");
  }

  @Test
  void kafkaStaysInLiveAndJob() {
    onlyIn(
        "org.apache.kafka..",
        "a topic is read by jobs, and asked how far it reaches",
        "live",
        "job");
  }

  @Test
  void jdbcStaysInStore() {
    noClasses()
        .that()
        .resideOutsideOfPackages(packagesOf(Stream.of("store")))
        .and()
        .doNotHaveSimpleName("JdbcPointerSwap")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("java.sql..")
        .because(
            "the control database is one seam, with one contract test; a catalog's own database"
                + " is written in one place, where Iceberg offers no transaction over tables")
        .check(MAIN);
    onlyIn("org.flywaydb..", "migrations belong to the control database", "store");
  }

  @Test
  void picocliStaysInCli() {
    onlyIn("picocli..", "control is the door for every front end, not only this one", "cli");
  }

  @Test
  void theSqlPlannerStaysInSpecSql() {
    String why = "planner internals change with every Flink release";
    onlyIn("org.apache.flink.table.planner..", why, "spec.sql");
    onlyIn("org.apache.calcite..", why, "spec.sql");
  }

  @Test
  void flinkStaysOutOfDecisions() {
    noClasses()
        .that()
        .resideInAnyPackage(
            packagesOf(
                Stream.of("plan", "store", "release", "run", "live", "lineage", "control", "cli")))
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.apache.flink..")
        .because("control orders work by JobSpec and reads results from tables")
        .allowEmptyShould(true)
        .check(MAIN);
  }

  private static void onlyIn(String library, String because, String... packages) {
    noClasses()
        .that()
        .resideOutsideOfPackages(packagesOf(Stream.of(packages)))
        .should()
        .dependOnClassesThat()
        .resideInAPackage(library)
        .because(because)
        .check(MAIN);
  }

  private static DescribedPredicate<JavaMethodCall> readsTheClock() {
    return call(
        "reads a clock or a default zone",
        c -> {
          String owner = c.getTarget().getOwner().getName();
          String name = c.getTarget().getName();
          return owner.startsWith("java.time.") && name.equals("now")
              || owner.equals("java.time.Clock") && name.startsWith("system")
              || owner.equals("java.time.ZoneId") && name.equals("systemDefault")
              || owner.equals("java.lang.System")
                  && Set.of("currentTimeMillis", "nanoTime").contains(name)
              || owner.equals("java.lang.Math") && name.equals("random");
        });
  }

  private static DescribedPredicate<JavaMethodCall> readsTheEnvironment() {
    return call(
        "reads the process's environment",
        c ->
            c.getTarget().getOwner().getName().equals("java.lang.System")
                && Set.of("getenv", "getProperty").contains(c.getTarget().getName()));
  }

  private static DescribedPredicate<JavaMethodCall> call(
      String what, Predicate<JavaMethodCall> test) {
    return DescribedPredicate.describe(what, test);
  }

  private static <T> DescribedPredicate<T> named(String what, Predicate<T> test) {
    return DescribedPredicate.describe(what, test);
  }
}
