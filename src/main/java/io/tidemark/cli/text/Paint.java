package io.tidemark.cli.text;

/** Colours for a terminal, or none. Text painted empty stays empty. */
public enum Paint {
  COLOURED {
    @Override
    String with(String code, String text) {
      return text.isEmpty() ? text : "\u001b[" + code + "m" + text + "\u001b[0m";
    }
  },
  PLAIN {
    @Override
    String with(String code, String text) {
      return text;
    }
  };

  abstract String with(String code, String text);

  public String strong(String text) {
    return with("1", text);
  }

  public String faint(String text) {
    return with("2", text);
  }

  public String bad(String text) {
    return with("31", text);
  }

  public String good(String text) {
    return with("32", text);
  }

  public String warn(String text) {
    return with("33", text);
  }

  public String name(String text) {
    return with("36", text);
  }
}
