package io.tidemark.spec.bytecode;

import io.tidemark.spec.bytecode.MethodFacts.Call;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which methods of a transform's classes may run, from the transform's constructor and what Flink,
 * the JDK and Tidemark may call. A call of a method that may be overridden reaches every class that
 * does; a class of which an object is made, or whose name is handed on, may be called back through
 * all that it implements of theirs. So it names too much rather than too little.
 */
final class CallGraph {
  private static final Set<String> SERIALIZATION =
      Set.of(
          "readObject(Ljava/io/ObjectInputStream;)V",
          "writeObject(Ljava/io/ObjectOutputStream;)V",
          "readResolve()Ljava/lang/Object;",
          "writeReplace()Ljava/lang/Object;",
          "readExternal(Ljava/io/ObjectInput;)V",
          "writeExternal(Ljava/io/ObjectOutput;)V");

  private final Map<String, ClassFacts> classes;
  private final Callbacks callbacks;
  private final Map<String, MethodFacts> reached = new LinkedHashMap<>();
  private final Deque<MethodFacts> open = new ArrayDeque<>();
  private final Set<String> initialised = new HashSet<>();
  private final Set<String> made = new HashSet<>();
  private final Set<Call> called = new HashSet<>();

  private final Map<String, List<String>> subtypes = new HashMap<>();

  /** The methods that any of the classes has, by name and descriptor. */
  private final Set<String> holds = new HashSet<>();

  /**
   * @param classes by internal name
   */
  CallGraph(Map<String, ClassFacts> classes) {
    this.classes = classes;
    this.callbacks = new Callbacks(classes);
    classes.values().forEach(facts -> holds.addAll(facts.methods().keySet()));
  }

  /** The calls in methods that may run when a class is used as a transform. */
  List<ClassFacts.Unstable> unstable(String transform) {
    make(transform);
    while (!open.isEmpty()) {
      MethodFacts method = open.removeFirst();
      method.made().forEach(this::make);
      method.touched().forEach(this::initialise);
      method.calls().forEach(this::call);
    }
    List<ClassFacts.Unstable> found = new ArrayList<>();
    classes.forEach(
        (name, facts) ->
            facts
                .methods()
                .forEach(
                    (key, method) -> {
                      if (reached.containsKey(name + "." + key)) {
                        found.addAll(method.unstable());
                      }
                    }));
    return found;
  }

  private void initialise(String name) {
    ClassFacts facts = classes.get(name);
    if (facts != null && initialised.add(name)) {
      enter(name, "<clinit>()V");
      facts.parents().forEach(this::initialise);
    }
  }

  private void make(String name) {
    ClassFacts facts = classes.get(name);
    if (facts == null || !made.add(name)) {
      return;
    }
    initialise(name);
    for (String key : facts.methods().keySet()) {
      if (key.startsWith("<init>") || SERIALIZATION.contains(key)) {
        enter(name, key);
      }
    }
    callbacks.of(name).forEach(key -> resolve(name, key));
  }

  private void call(Call call) {
    if (!called.add(call)) {
      return;
    }
    resolve(call.owner(), call.key());
    if (!call.exact() && holds.contains(call.key())) {
      below(call.owner()).forEach(name -> resolve(name, call.key()));
    }
  }

  private void enter(String owner, String key) {
    MethodFacts method = classes.get(owner).methods().get(key);
    if (method != null && reached.put(owner + "." + key, method) == null) {
      open.add(method);
    }
  }

  /**
   * Enters the method that a class has or inherits: of each of its parents, since one may declare
   * what only another one implements.
   */
  private void resolve(String owner, String key) {
    ClassFacts facts = classes.get(owner);
    if (facts == null) {
      return;
    } else if (facts.methods().containsKey(key)) {
      enter(owner, key);
    } else {
      facts.parents().forEach(p -> resolve(p, key));
    }
  }

  /** The transform's classes that are of this type. */
  private List<String> below(String type) {
    return subtypes.computeIfAbsent(
        type, t -> classes.keySet().stream().filter(name -> isA(name, t)).toList());
  }

  private boolean isA(String name, String ancestor) {
    if (name.equals(ancestor)) {
      return true;
    }
    ClassFacts facts = classes.get(name);
    return facts != null && facts.parents().stream().anyMatch(p -> isA(p, ancestor));
  }
}
