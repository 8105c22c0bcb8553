package io.tidemark.release;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Who works: a process of a host, told from a later one of the same number by its start, and one
 * piece of work of that process.
 */
record Holder(long process, String host, String started, String work) {
  private static final Pattern SHAPE =
      Pattern.compile("process (\\d+) on (\\S+) since (\\S+) \\(work ([0-9a-f]+)\\)");

  static Holder current() {
    ProcessHandle self = ProcessHandle.current();
    return new Holder(
        self.pid(), hostName(), start(self), UUID.randomUUID().toString().substring(0, 8));
  }

  /** Whether the text names this very process. */
  static boolean isHere(String text) {
    Matcher matcher = SHAPE.matcher(text);
    ProcessHandle self = ProcessHandle.current();
    return matcher.matches()
        && matcher.group(1).equals(Long.toString(self.pid()))
        && matcher.group(2).equals(hostName())
        && matcher.group(3).equals(start(self));
  }

  /** Whether the text names a process of this very host that does not live any more. */
  static boolean isGone(String text) {
    Matcher matcher = SHAPE.matcher(text);
    if (!matcher.matches() || !matcher.group(2).equals(hostName())) {
      return false;
    }
    Optional<ProcessHandle> process = ProcessHandle.of(Long.parseLong(matcher.group(1)));
    return process.filter(ProcessHandle::isAlive).isEmpty()
        || !start(process.get()).equals(matcher.group(3));
  }

  private static String start(ProcessHandle process) {
    return process.info().startInstant().map(Instant::toString).orElse("unknown");
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
    return "process " + process + " on " + host + " since " + started + " (work " + work + ")";
  }
}
