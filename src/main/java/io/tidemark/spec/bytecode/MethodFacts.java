package io.tidemark.spec.bytecode;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.objectweb.asm.ConstantDynamic;
import org.objectweb.asm.Handle;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/**
 * What one method does, as far as its instructions say.
 *
 * @param calls also those through method references and lambdas
 * @param touched classes that are initialised by it, internal names
 * @param made classes of which it makes objects, or that it hands to whoever may
 * @param unstable calls whose result differs from run to run
 */
record MethodFacts(
    List<Call> calls, Set<String> touched, Set<String> made, List<ClassFacts.Unstable> unstable) {

  /**
   * @param owner internal name of the class that the instruction names
   * @param key name and descriptor
   * @param exact whether just this method runs, and none that overrides it
   */
  record Call(String owner, String key, boolean exact) {}

  /** Reads a method's instructions. */
  static final class Scan extends MethodVisitor {
    private final MethodFacts facts =
        new MethodFacts(new ArrayList<>(), new TreeSet<>(), new TreeSet<>(), new ArrayList<>());
    private final String where;
    private int line;

    /**
     * @param where {@code pack.Class.method}
     */
    Scan(String where) {
      super(Opcodes.ASM9);
      this.where = where;
    }

    MethodFacts facts() {
      return facts;
    }

    @Override
    public void visitLineNumber(int at, Label start) {
      line = at;
    }

    @Override
    public void visitTypeInsn(int opcode, String type) {
      if (opcode == Opcodes.NEW) {
        facts.made.add(type);
      }
    }

    @Override
    public void visitFieldInsn(int opcode, String owner, String name, String descriptor) {
      facts.touched.add(owner);
    }

    @Override
    public void visitMethodInsn(
        int opcode, String owner, String called, String type, boolean isInterface) {
      boolean exact = opcode == Opcodes.INVOKESTATIC || opcode == Opcodes.INVOKESPECIAL;
      call(owner, called, type, exact);
    }

    @Override
    public void visitInvokeDynamicInsn(
        String called, String type, Handle bootstrap, Object... arguments) {
      // What a lambda is made as may have methods besides the one that the lambda is.
      constant(Type.getReturnType(type));
      for (Object argument : arguments) {
        constant(argument);
      }
    }

    @Override
    public void visitLdcInsn(Object value) {
      constant(value);
    }

    private void constant(Object value) {
      if (value instanceof Handle handle) {
        boolean exact =
            handle.getTag() == Opcodes.H_INVOKESTATIC
                || handle.getTag() == Opcodes.H_INVOKESPECIAL
                || handle.getTag() == Opcodes.H_NEWINVOKESPECIAL;
        if (handle.getTag() == Opcodes.H_NEWINVOKESPECIAL) {
          facts.made.add(handle.getOwner());
        }
        call(handle.getOwner(), handle.getName(), handle.getDesc(), exact);
      } else if (value instanceof Type type && type.getSort() == Type.OBJECT) {
        facts.made.add(type.getInternalName());
      } else if (value instanceof ConstantDynamic dynamic) {
        for (int i = 0; i < dynamic.getBootstrapMethodArgumentCount(); i++) {
          constant(dynamic.getBootstrapMethodArgument(i));
        }
      }
    }

    private void call(String owner, String called, String type, boolean exact) {
      facts.touched.add(owner);
      facts.calls.add(new Call(owner, called + type, exact));
      if (UnstableCalls.contains(owner, called, type)) {
        String simple = owner.substring(owner.lastIndexOf('/') + 1).replace('$', '.');
        facts.unstable.add(
            new ClassFacts.Unstable(
                where + ":" + line,
                called.equals("<init>") ? "new " + simple + "()" : simple + "." + called + "()"));
      }
    }
  }
}
