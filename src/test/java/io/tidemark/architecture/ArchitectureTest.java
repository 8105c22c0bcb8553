package io.tidemark.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.conditions.ArchConditions;
import io.tidemark.model.Graph;
import java.util.Map;
import java.util.Optional;
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
          Map.entry("spec", Set.of("model", "sdk")),
          Map.entry("plan", Set.of("model")),
          Map.entry("lake", Set.of("model")),
          Map.entry("store", Set.of("model")),
          Map.entry("cluster", Set.of("model")),
          Map.entry("job", Set.of("model", "sdk")),
          Map.entry("release", Set.of("model", "lake", "store")),
          Map.entry("run", Set.of("model", "plan", "lake", "store", "cluster", "release")),
          Map.entry("lineage", Set.of("model", "store")),
          Map.entry(
              "control",
              Set.of(
                  "model", "spec", "plan", "lake", "store", "cluster", "release", "run", "lineage",
                  "sdk")),
          Map.entry("cli", Set.of("model", "control")));

  /** The same inside a package that has packages of its own; those named first see all others. */
  private static final Map<String, Set<String>> INSIDE =
      Map.of(
          "job.slice", Set.of(),
          "job.catalog", Set.of("job.slice"),
          "job.build", Set.of("job.slice", "job.catalog"),
          "job.load", Set.of("job.slice", "job.catalog"),
          "job.verify", Set.of("job.slice", "job.catalog"));

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

  @Test
  void aJobIsSeenAsItsMainAndItsQueries() {
    noClasses()
        .that()
        .resideOutsideOfPackage(packageOf("job"))
        .should()
        .dependOnClassesThat(
            named(
                "are parts of a job",
                c ->
                    c.getPackageName().startsWith(ROOT + ".job")
                        && !Set.of("JobMain", "CatalogQuery").contains(c.getSimpleName())
                        && c.getEnclosingClass().isEmpty()))
        .because("its packages are public to each other, not to the rest")
        .check(MAIN);
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
  void jdbcStaysInStore() {
    onlyIn("java.sql..", "the control database is one seam, with one contract test", "store");
    onlyIn("org.flywaydb..", "migrations belong to the control database", "store");
  }

  @Test
  void picocliStaysInCli() {
    onlyIn("picocli..", "control is the door for every front end, not only this one", "cli");
  }

  @Test
  void theSqlPlannerStaysInSpec() {
    String why = "planner internals change with every Flink release";
    onlyIn("org.apache.flink.table.planner..", why, "spec");
    onlyIn("org.apache.calcite..", why, "spec");
  }

  @Test
  void flinkStaysOutOfDecisions() {
    noClasses()
        .that()
        .resideInAnyPackage(
            packagesOf(Stream.of("plan", "store", "release", "run", "lineage", "control", "cli")))
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

  @Test
  void onlyCliTalksToTheTerminal() {
    noClasses()
        .that()
        .resideOutsideOfPackages(packageOf("cli"))
        .and()
        .doNotHaveFullyQualifiedName("io.tidemark.job.JobMain")
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .orShould()
        .callMethod(System.class, "console")
        .because(
            "stdout is data and stderr is progress, and both have one owner; the job jar's main,"
                + " run by hand, is a command of its own")
        .check(MAIN);
  }

  @Test
  void nobodyEndsTheProcessButMain() {
    noClasses()
        .that()
        .resideOutsideOfPackages(ROOT, packageOf("job"))
        .should()
        .callMethod(System.class, "exit", int.class)
        .orShould()
        .callMethod(Runtime.class, "halt", int.class)
        .because("leases and branches are given back by closing, not by dying")
        .check(MAIN);
  }

  @Test
  void namesSayWhatATypeDoes() {
    noClasses()
        .should()
        .haveSimpleNameEndingWith("Manager")
        .orShould()
        .haveSimpleNameEndingWith("Helper")
        .orShould()
        .haveSimpleNameEndingWith("Util")
        .orShould()
        .haveSimpleNameEndingWith("Utils")
        .orShould()
        .haveSimpleNameEndingWith("Impl")
        .orShould()
        .haveSimpleNameEndingWith("Service")
        .orShould()
        .haveSimpleNameStartingWith("Abstract")
        .orShould()
        .haveSimpleNameStartingWith("Base")
        .because("such a name fits anything, so anything gets put there")
        .check(MAIN);
  }

  @Test
  void accessorsAreNouns() {
    noMethods()
        .that()
        .areDeclaredInClassesThat()
        .resideInAnyPackage(packagesOf(MAY_USE.keySet().stream()))
        .and(
            methodsThat(
                "are ours to name", m -> !overrides(m) && m.getName().matches("get[A-Z].*")))
        .should()
        .bePublic()
        .because("a record's components set the style: head(), not getHead()")
        .allowEmptyShould(true)
        .check(MAIN);
  }

  @Test
  void noPublicMethodTakesABoolean() {
    noMethods()
        .that()
        .arePublic()
        .and()
        .areDeclaredInClassesThat()
        .arePublic()
        .and(methodsThat("are ours to shape", m -> !overrides(m) && !m.getOwner().isRecord()))
        .should(
            ArchConditions.haveRawParameterTypes(
                named(
                    "with a boolean",
                    types -> types.stream().anyMatch(t -> t.isEquivalentTo(boolean.class)))))
        .because("publish(true) says nothing at the call: use two methods or an enum")
        .check(MAIN);
  }

  @Test
  void optionalIsAnAnswerNotAState() {
    noFields()
        .that()
        .areDeclaredInClassesThat(named("are no records", c -> !c.isRecord()))
        .and()
        .doNotHaveModifier(JavaModifier.SYNTHETIC)
        .and()
        .areNotStatic()
        .and()
        .areDeclaredInClassesThat()
        .arePublic()
        .should()
        .haveRawType(Optional.class)
        .because("an object that may lack a part is two types")
        .check(MAIN);
  }

  @TestFactory
  Stream<DynamicTest> seamsShowOneInterfaceItsRecordsAndAFactory() {
    return Stream.of("lake", "store", "cluster")
        .map(
            name ->
                DynamicTest.dynamicTest(
                    name + " shows its interface, records and factory",
                    () ->
                        classes()
                            .that()
                            .resideInAPackage(packageOf(name))
                            .and()
                            .arePublic()
                            .and()
                            .areTopLevelClasses()
                            .should()
                            .beInterfaces()
                            .orShould()
                            .beRecords()
                            .orShould(
                                ArchConditions.be(
                                    named(
                                        "a factory of static methods",
                                        ArchitectureTest::isFactory)))
                            .because("what is not public can change without asking anyone")
                            .check(MAIN)));
  }

  @Test
  void classesThatAreNoSeamAreFinal() {
    classes()
        .that()
        .areTopLevelClasses()
        .and()
        .areNotInterfaces()
        .and()
        .areNotEnums()
        .and()
        .areNotRecords()
        .and()
        .doNotHaveModifier(JavaModifier.ABSTRACT)
        .and()
        .doNotHaveSimpleName("package-info")
        .should()
        .haveModifier(JavaModifier.FINAL)
        .because("inheritance is a decision, and records, sealed types and delegation come first")
        .check(MAIN);
  }

  private static boolean isFactory(JavaClass type) {
    return type.getMethods().stream()
            .filter(m -> m.getModifiers().contains(JavaModifier.PUBLIC))
            .allMatch(m -> m.getModifiers().contains(JavaModifier.STATIC))
        && type.getConstructors().stream()
            .allMatch(c -> c.getModifiers().contains(JavaModifier.PRIVATE));
  }

  private static boolean overrides(JavaMethod method) {
    Class<?>[] types = method.reflect().getParameterTypes();
    return Stream.concat(
            method.getOwner().getAllRawSuperclasses().stream(),
            method.getOwner().getAllRawInterfaces().stream())
        .anyMatch(
            parent ->
                Stream.of(parent.reflect().getDeclaredMethods())
                    .anyMatch(
                        m ->
                            m.getName().equals(method.getName())
                                && m.getParameterCount() == types.length));
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

  private static DescribedPredicate<JavaMethod> methodsThat(
      String what, Predicate<JavaMethod> test) {
    return DescribedPredicate.describe(what, test);
  }
}
