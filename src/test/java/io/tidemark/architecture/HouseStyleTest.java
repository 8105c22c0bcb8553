package io.tidemark.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.conditions.ArchConditions;
import io.tidemark.model.Graph;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** How types and methods are made. A rule that fails says why it is there. */
class HouseStyleTest {
  private static final String ROOT = "io.tidemark";

  private static final JavaClasses MAIN =
      new ClassFileImporter()
          .importUrl(Graph.class.getProtectionDomain().getCodeSource().getLocation());

  private static String packageOf(String name) {
    return ROOT + "." + name + "..";
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
        .resideInAPackage(ROOT + "..")
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
                            .resideInAPackage(packageOf(name).replace("..", ""))
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
                                        "a factory of static methods", HouseStyleTest::isFactory)))
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

  private static DescribedPredicate<JavaMethod> methodsThat(
      String what, Predicate<JavaMethod> test) {
    return DescribedPredicate.describe(what, test);
  }

  private static <T> DescribedPredicate<T> named(String what, Predicate<T> test) {
    return DescribedPredicate.describe(what, test);
  }
}
