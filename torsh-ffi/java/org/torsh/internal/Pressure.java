// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh.internal;

/**
 * Runs Java's collector when tensors have grown beyond a limit: it does not know what they weigh. The limit is twice what was
 * alive after the last run, so that programs that hold much do not collect all the time.
 */
public final class Pressure {
  private static final long LEAST = Long.getLong("torsh.gc.bytes", 96L << 20);
  private static final long PATIENCE_MS = 200;

  private Pressure() {}

  /** Bytes of the tensors that Java holds, once the library is loaded (not here: its loading uses this class). */
  public static native long alive();

  static native void setLimit(long bytes);

  static void begin() {
    setLimit(LEAST);
  }

  static void relieve() {
    synchronized (Pressure.class) {
      setLimit(Long.MAX_VALUE);
      long before = alive();
      System.gc();
      // what was found is released by the Cleaner's thread
      long until = System.nanoTime() + PATIENCE_MS * 1_000_000;
      long last = before;
      int still = 0;
      while (System.nanoTime() < until && alive() > LEAST / 4 && still < 5) {
        try {
          Thread.sleep(1);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          break;
        }
        long now = alive();
        still = now < last ? 0 : still + 1;
        last = now;
      }
      setLimit(Math.max(LEAST, 2 * alive()));
    }
  }
}
