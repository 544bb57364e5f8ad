// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh.internal;

import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;

/**
 * Runs Java's collector when tensors have grown beyond a limit: it does not know what they weigh. The limit is twice what was
 * alive after the last run, so that programs that hold much do not collect all the time.
 */
public final class Pressure {
  private static final long LEAST = Long.getLong("torsh.gc.bytes", 96L << 20);
  private static final long PATIENCE_NS = 1_000_000_000;

  private Pressure() {}

  /** Bytes of the tensors that Java holds, once the library is loaded (not here: its loading uses this class). */
  public static native long alive();

  static native void setLimit(long bytes);

  static void begin() {
    setLimit(LEAST);
  }

  static synchronized void relieve() {
    setLimit(Long.MAX_VALUE);
    ReferenceQueue<Object> queue = new ReferenceQueue<>();
    PhantomReference<Object> witness = witness(queue);
    System.gc();
    // Java's own thread hands over what was found, the witness among it; if that was not found, the collector is switched off
    long until = System.nanoTime() + PATIENCE_NS;
    boolean seen = !witness.refersTo(null);
    int quiet = 0;
    while (quiet < 2 && System.nanoTime() < until) {
      quiet = Handle.drain() > 0 || !seen ? 0 : quiet + 1;
      seen = seen || queue.poll() != null;
      try {
        Thread.sleep(1);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        break;
      }
    }
    setLimit(Math.max(LEAST, 2 * alive()));
  }

  private static PhantomReference<Object> witness(ReferenceQueue<Object> queue) {
    return new PhantomReference<>(new Object(), queue);
  }
}
