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
import java.util.Optional;
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

  /** By method, the classes that have one of its name and descriptor. */
  private final Map<String, List<String>> holders = new HashMap<>();

  /**
   * @param classes by internal name
   */
  CallGraph(Map<String, ClassFacts> classes) {
    this.classes = classes;
    this.callbacks = new Callbacks(classes);
    classes.forEach(
        (name, facts) ->
            facts
                .methods()
                .keySet()
                .forEach(key -> holders.computeIfAbsent(key, k -> new ArrayList<>()).add(name)));
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
    callbacks.of(name).forEach(key -> resolve(name, key).ifPresent(at -> enter(at, key)));
  }

  private void call(Call call) {
    if (!called.add(call)) {
      return;
    }
    resolve(call.owner(), call.key()).ifPresent(at -> enter(at, call.key()));
    if (!call.exact()) {
      for (String name : holders.getOrDefault(call.key(), List.of())) {
        if (isA(name, call.owner())) {
          enter(name, call.key());
        }
      }
    }
  }

  private void enter(String owner, String key) {
    MethodFacts method = classes.get(owner).methods().get(key);
    if (method != null && reached.put(owner + "." + key, method) == null) {
      open.add(method);
    }
  }

  /** The class, from this one upwards, that has the method. */
  private Optional<String> resolve(String owner, String key) {
    ClassFacts facts = classes.get(owner);
    if (facts == null) {
      return Optional.empty();
    } else if (facts.methods().containsKey(key)) {
      return Optional.of(owner);
    }
    return facts.parents().stream().flatMap(p -> resolve(p, key).stream()).findFirst();
  }

  private boolean isA(String name, String ancestor) {
    if (name.equals(ancestor)) {
      return true;
    }
    ClassFacts facts = classes.get(name);
    return facts != null && facts.parents().stream().anyMatch(p -> isA(p, ancestor));
  }
}
