// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh.internal;

import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;

/**
 * The library's object behind an object of Java. It is released once: when it has been closed (by the program, a scope or the
 * collector) and no call uses it any more.
 *
 * <p>What java.lang.ref.Cleaner does, with one object less for each tensor, and a queue that {@link Pressure} can empty too: a
 * program may make garbage faster than one thread releases it.
 */
public final class Handle extends PhantomReference<Resource> {
  public static final int TENSOR = 0;
  public static final int MODULE = 1;
  public static final int OPTIMIZER = 2;
  public static final int GENERATOR = 3;
  public static final int STATE = 4;

  /** What a call is given for a closed object. */
  private static final long CLOSED_ADDRESS = 1;

  static final long PRESSURE = 2; // not part of the address

  private static final int CLOSED = Integer.MIN_VALUE;
  private static final AtomicIntegerFieldUpdater<Handle> USES = AtomicIntegerFieldUpdater.newUpdater(Handle.class, "uses");

  private static final ReferenceQueue<Resource> QUEUE = new ReferenceQueue<>();

  /** A ring of all that are open: a reference that is itself garbage is never queued. */
  private static final Handle RING = new Handle();

  static {
    Thread cleaner = new Thread(Handle::clean, "torsh-cleaner");
    cleaner.setDaemon(true);
    cleaner.setPriority(Thread.MAX_PRIORITY - 2);
    cleaner.start();
  }

  private final int kind;
  private final long given; // the address, and bits of torsh-ffi/java/jni/call.h
  private volatile int uses; // calls under way, and CLOSED
  private Handle before;
  private Handle after;

  private Handle() {
    super(null, null);
    kind = -1;
    given = 0;
    before = this;
    after = this;
  }

  /** @param given what the JNI function returned */
  Handle(Resource owner, int kind, long given) {
    super(owner, QUEUE);
    this.kind = kind;
    this.given = given & ~PRESSURE;
    synchronized (RING) {
      before = RING;
      after = RING.after;
      after.before = this;
      RING.after = this;
    }
  }

  private static void clean() {
    while (true) {
      try {
        ((Handle) QUEUE.remove()).close();
      } catch (InterruptedException e) {
        // nobody can want this thread to stop
      }
    }
  }

  /** Releases what the collector has found so far; how many. */
  static int drain() {
    int n = 0;
    for (Handle h; (h = (Handle) QUEUE.poll()) != null; n++) {
      h.close();
    }
    return n;
  }

  /** Releases what a JNI function returned. */
  public static Runnable releaser(int kind, long given) {
    return () -> release(kind, given & ~PRESSURE);
  }

  // ---- calls ----

  /** The address for a call, which then cannot be released before {@link #drop}; 0 for null. */
  public static long hold(Resource r) {
    return r == null ? 0 : r.handle.enter();
  }

  public static void drop(Resource r, long held) {
    if (held > CLOSED_ADDRESS) {
      r.handle.leave();
    }
  }

  public static long[] hold(Resource[] all) {
    if (all == null) {
      return null;
    }
    long[] held = new long[all.length];
    for (int i = 0; i < all.length; i++) {
      held[i] = hold(all[i]);
    }
    return held;
  }

  public static void drop(Resource[] all, long[] held) {
    for (int i = 0; held != null && i < held.length; i++) {
      drop(all[i], held[i]);
    }
  }

  private long enter() {
    while (true) {
      int n = uses;
      if (n < 0) {
        return CLOSED_ADDRESS;
      }
      if (USES.compareAndSet(this, n, n + 1)) {
        return given & ~1L;
      }
    }
  }

  private void leave() {
    if (USES.decrementAndGet(this) == CLOSED) {
      release(kind, given);
    }
  }

  boolean isClosed() {
    return uses < 0;
  }

  void close() {
    while (true) {
      int n = uses;
      if (n < 0) {
        return;
      }
      if (USES.compareAndSet(this, n, n | CLOSED)) {
        clear();
        synchronized (RING) {
          before.after = after;
          after.before = before;
          before = null;
          after = null;
        }
        if (n == 0) {
          release(kind, given);
        }
        return;
      }
    }
  }

  private static native void release(int kind, long given);
}
