// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh;

import org.torsh.internal.Native;

/**
 * While it is open, this thread's operators record nothing.
 *
 * <pre>try (var noGrad = new NoGrad()) { … }</pre>
 */
public final class NoGrad implements AutoCloseable {
  private final Thread thread = Thread.currentThread();
  private final boolean was;
  private boolean closed;

  public NoGrad() {
    this(false);
  }

  /** @param enabled true: recording is on, within another NoGrad */
  public NoGrad(boolean enabled) {
    was = Native.set_grad_enabled(enabled);
  }

  /** Puts the mode back; by the thread that made this. */
  @Override
  public void close() {
    if (thread != Thread.currentThread()) {
      throw new IllegalStateException("NoGrad closed by another thread");
    }
    if (!closed) {
      closed = true;
      Native.set_grad_enabled(was);
    }
  }
}
