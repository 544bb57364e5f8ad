// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh.internal;

import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;

/**
 * The library's object behind an object of Java. It is released once: when it has been closed (by the program, a scope or the
 * collector) and no call uses it any more.
 */
public final class Handle implements Runnable {
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

  private final int kind;
  private final long given; // the address, and bits of torsh-ffi/java/jni/call.h
  private volatile int uses; // calls under way, and CLOSED

  /** @param given what the JNI function returned */
  public Handle(int kind, long given) {
    this.kind = kind;
    this.given = given & ~PRESSURE;
  }

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

  /** What the Cleaner does. */
  @Override
  public void run() {
    while (true) {
      int n = uses;
      if (n < 0) {
        return;
      }
      if (USES.compareAndSet(this, n, n | CLOSED)) {
        if (n == 0) {
          release(kind, given);
        }
        return;
      }
    }
  }

  private static native void release(int kind, long given);
}
