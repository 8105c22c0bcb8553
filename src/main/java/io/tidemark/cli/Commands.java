package io.tidemark.cli;

import java.lang.reflect.Constructor;
import picocli.CommandLine;

/** Makes commands: each has one constructor, which takes the root. */
record Commands(Root root) implements CommandLine.IFactory {
  @Override
  public <K> K create(Class<K> type) throws Exception {
    for (Constructor<?> constructor : type.getDeclaredConstructors()) {
      Class<?>[] parameters = constructor.getParameterTypes();
      if (parameters.length == 1 && parameters[0] == Root.class) {
        return type.cast(constructor.newInstance(root));
      }
    }
    return CommandLine.defaultFactory().create(type);
  }
}
