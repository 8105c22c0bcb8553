package io.tidemark.spec.bytecode;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/**
 * Which methods of a class others than the transform's own classes can call: those that a type of
 * the JDK, of Flink or of the sdk declares. These types are read from where this program has them.
 */
final class Callbacks {
  private final Map<String, ClassFacts> classes;
  private final Map<String, Optional<Set<String>>> outside = new HashMap<>();

  /**
   * @param classes the transform's own, by internal name
   */
  Callbacks(Map<String, ClassFacts> classes) {
    this.classes = classes;
  }

  /** Names with descriptors; every method where a type above the class cannot be read. */
  Set<String> of(String name) {
    Set<String> keys = new TreeSet<>();
    boolean known = collect(name, keys);
    if (!known) {
      own(name, keys);
    }
    return keys;
  }

  private boolean collect(String name, Set<String> keys) {
    ClassFacts facts = classes.get(name);
    if (facts == null) {
      Optional<Set<String>> declared = outside(name);
      declared.ifPresent(keys::addAll);
      return declared.isPresent();
    }
    boolean known = true;
    for (String parent : facts.parents()) {
      known &= collect(parent, keys);
    }
    return known;
  }

  private void own(String name, Set<String> keys) {
    ClassFacts facts = classes.get(name);
    if (facts != null) {
      facts.methods().keySet().stream().filter(k -> !k.startsWith("<")).forEach(keys::add);
      facts.parents().forEach(p -> own(p, keys));
    }
  }

  private Optional<Set<String>> outside(String name) {
    Optional<Set<String>> found = outside.get(name);
    if (found == null) {
      found = read(name);
      outside.put(name, found);
    }
    return found;
  }

  private Optional<Set<String>> read(String name) {
    Set<String> keys = new TreeSet<>();
    List<String> parents = new ArrayList<>();
    ClassLoader loader = Callbacks.class.getClassLoader();
    try (InputStream in = loader.getResourceAsStream(name + ".class")) {
      if (in == null) {
        return Optional.empty();
      }
      ClassReader reader = new ClassReader(in);
      parents.addAll(List.of(reader.getInterfaces()));
      if (reader.getSuperName() != null) {
        parents.add(reader.getSuperName());
      }
      reader.accept(
          new ClassVisitor(Opcodes.ASM9) {
            @Override
            public MethodVisitor visitMethod(
                int access, String method, String type, String signature, String[] exceptions) {
              if ((access & (Opcodes.ACC_STATIC | Opcodes.ACC_PRIVATE)) == 0
                  && !method.startsWith("<")) {
                keys.add(method + type);
              }
              return null;
            }
          },
          ClassReader.SKIP_CODE | ClassReader.SKIP_DEBUG | ClassReader.SKIP_FRAMES);
    } catch (IOException | IllegalArgumentException e) {
      return Optional.empty();
    }
    for (String parent : parents) {
      Optional<Set<String>> above = outside(parent);
      if (above.isEmpty()) {
        return Optional.empty();
      }
      keys.addAll(above.get());
    }
    return Optional.of(keys);
  }
}
