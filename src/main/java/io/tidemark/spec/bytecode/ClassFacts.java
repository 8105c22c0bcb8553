package io.tidemark.spec.bytecode;

import io.tidemark.model.Fingerprint;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.FieldVisitor;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/**
 * What one class file says.
 *
 * @param parents superclass and interfaces, internal names
 * @param references all classes that it names, internal names
 * @param hash of its meaning: without line numbers, variable names and compiler version
 * @param constructor whether it is a public class, not abstract, with a public constructor without
 *     arguments
 * @param methods by name and descriptor
 */
record ClassFacts(
    List<String> parents,
    TreeSet<String> references,
    Fingerprint hash,
    boolean constructor,
    Map<String, MethodFacts> methods) {

  /**
   * A call whose result differs from run to run.
   *
   * @param where {@code pack.Class.method:line}
   * @param call {@code System.currentTimeMillis()}
   */
  record Unstable(String where, String call) {}

  /**
   * @throws RuntimeException of any kind if the bytes are no class file
   */
  static ClassFacts read(byte[] bytes) {
    ClassReader reader = new ClassReader(bytes);
    ClassWriter writer = new ClassWriter(0);
    reader.accept(
        new ClassVisitor(Opcodes.ASM9, writer) {
          @Override
          public void visit(
              int version, int access, String name, String signature, String up, String[] faces) {
            super.visit(Opcodes.V17, access, name, signature, up, faces);
          }
        },
        ClassReader.SKIP_DEBUG | ClassReader.SKIP_FRAMES);
    TreeSet<String> references = pool(reader);
    Scan scan = new Scan(reader.getClassName(), references);
    reader.accept(scan, ClassReader.SKIP_FRAMES);
    List<String> parents = new ArrayList<>(List.of(reader.getInterfaces()));
    if (reader.getSuperName() != null) {
      parents.add(reader.getSuperName());
    }
    boolean concrete =
        (reader.getAccess() & Opcodes.ACC_PUBLIC) != 0
            && (reader.getAccess() & (Opcodes.ACC_ABSTRACT | Opcodes.ACC_INTERFACE)) == 0;
    return new ClassFacts(
        parents,
        references,
        Fingerprint.ofBytes(writer.toByteArray()),
        concrete && scan.publicConstructor,
        scan.methods);
  }

  /** The classes and descriptors in the constant pool. */
  private static TreeSet<String> pool(ClassReader reader) {
    TreeSet<String> names = new TreeSet<>();
    char[] buffer = new char[reader.getMaxStringLength()];
    for (int i = 1; i < reader.getItemCount(); i++) {
      int offset = reader.getItem(i);
      if (offset == 0) {
        continue;
      }
      switch (reader.readByte(offset - 1)) {
        case 7 -> add(Type.getObjectType(reader.readUTF8(offset, buffer)), names);
        case 12 -> descriptor(reader.readUTF8(offset + 2, buffer), names);
        case 16 -> descriptor(reader.readUTF8(offset, buffer), names);
        default -> {
          // Names no class.
        }
      }
    }
    return names;
  }

  private static void descriptor(String descriptor, Set<String> names) {
    Type type = Type.getType(descriptor);
    if (type.getSort() == Type.METHOD) {
      add(type.getReturnType(), names);
      for (Type argument : type.getArgumentTypes()) {
        add(argument, names);
      }
    } else {
      add(type, names);
    }
  }

  private static void add(Type type, Set<String> names) {
    if (type.getSort() == Type.ARRAY) {
      add(type.getElementType(), names);
    } else if (type.getSort() == Type.OBJECT) {
      names.add(type.getInternalName());
    }
  }

  /** Declared members, and what methods do. */
  private static final class Scan extends ClassVisitor {
    private final String name;
    private final Set<String> references;
    private final Map<String, MethodFacts> methods = new TreeMap<>();
    private boolean publicConstructor;

    Scan(String name, Set<String> references) {
      super(Opcodes.ASM9);
      this.name = name.replace('/', '.');
      this.references = references;
    }

    @Override
    public FieldVisitor visitField(
        int access, String field, String descriptor, String signature, Object value) {
      descriptor(descriptor, references);
      return null;
    }

    @Override
    public MethodVisitor visitMethod(
        int access, String method, String descriptor, String signature, String[] exceptions) {
      descriptor(descriptor, references);
      publicConstructor |=
          method.equals("<init>") && descriptor.equals("()V") && (access & Opcodes.ACC_PUBLIC) != 0;
      MethodFacts.Scan scan = new MethodFacts.Scan(name + "." + method);
      methods.put(method + descriptor, scan.facts());
      return scan;
    }
  }
}
