package io.tidemark.release;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Who works: a process of a host, told from a later one of the same number by its start, and one
 * piece of work of that process.
 *
 * @param started by the host's clock; for people
 * @param tick when it started as the kernel counts, which no setting of the clock changes; empty
 *     where that is not known
 */
record Holder(long process, String host, String started, String work, String tick) {
  private static final Pattern SHAPE =
      Pattern.compile(
          "process (\\d+) on (\\S+) since (\\S+) \\(work ([0-9a-f]+)(?:, tick (\\d+))?\\)");

  /** Of what the kernel tells of a process behind its name, the time of its start. */
  private static final int START = 19;

  static Holder current() {
    ProcessHandle self = ProcessHandle.current();
    return new Holder(
        self.pid(),
        hostName(),
        start(self),
        UUID.randomUUID().toString().substring(0, 8),
        tick(self.pid()));
  }

  /** Whether the text names this very process. */
  static boolean isHere(String text) {
    Matcher matcher = SHAPE.matcher(text);
    ProcessHandle self = ProcessHandle.current();
    return matcher.matches()
        && matcher.group(1).equals(Long.toString(self.pid()))
        && matcher.group(2).equals(hostName())
        && isSame(self, matcher);
  }

  /** Whether the text names a process of this very host that does not live any more. */
  static boolean isGone(String text) {
    Matcher matcher = SHAPE.matcher(text);
    if (!matcher.matches() || !matcher.group(2).equals(hostName())) {
      return false;
    }
    return ProcessHandle.of(Long.parseLong(matcher.group(1)))
        .filter(ProcessHandle::isAlive)
        .filter(process -> isSame(process, matcher))
        .isEmpty();
  }

  /** Of two processes of one number. A clock that was set moves the start of every process. */
  private static boolean isSame(ProcessHandle process, Matcher told) {
    String tick = tick(process.pid());
    return told.group(5) == null || tick.isEmpty()
        ? start(process).equals(told.group(3))
        : tick.equals(told.group(5));
  }

  private static String start(ProcessHandle process) {
    return process.info().startInstant().map(Instant::toString).orElse("unknown");
  }

  /** Hundredths of a second since the host was started; only Linux tells. */
  private static String tick(long process) {
    try {
      String told = Files.readString(Path.of("/proc", Long.toString(process), "stat"));
      String[] fields = told.substring(told.lastIndexOf(')') + 2).split(" ");
      return fields.length > START ? fields[START] : "";
    } catch (IOException e) {
      return "";
    }
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "localhost";
    }
  }

  @Override
  public String toString() {
    return "process "
        + process
        + " on "
        + host
        + " since "
        + started
        + " (work "
        + work
        + (tick.isEmpty() ? "" : ", tick " + tick)
        + ")";
  }
}
