package io.tidemark.cli;

/** Colours for a terminal, or none. Text painted empty stays empty. */
enum Paint {
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

  String strong(String text) {
    return with("1", text);
  }

  String faint(String text) {
    return with("2", text);
  }

  String bad(String text) {
    return with("31", text);
  }

  String good(String text) {
    return with("32", text);
  }

  String warn(String text) {
    return with("33", text);
  }

  String name(String text) {
    return with("36", text);
  }
}
