// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh.internal;

import java.util.function.LongConsumer;
import java.util.function.LongFunction;

/** An object of the library. What is not closed is released when the collector finds that nobody refers to it. */
public abstract class Resource implements AutoCloseable {
  final Handle handle;

  /** @param given what the JNI function returned */
  protected Resource(int kind, long given) {
    handle = new Handle(this, kind, given);
    if (kind == Handle.TENSOR) {
      Region.add(handle);
      if ((given & Handle.PRESSURE) != 0) {
        Pressure.relieve();
      }
    }
  }

  /** Releases it now; further use is an IllegalStateException. Twice is fine, and any thread may. */
  @Override
  public void close() {
    handle.close();
  }

  public boolean isClosed() {
    return handle.isClosed();
  }

  /** Calls with the address. */
  protected final <T> T get(LongFunction<T> call) {
    long held = Handle.hold(this);
    try {
      return call.apply(held);
    } finally {
      Handle.drop(this, held);
    }
  }

  protected final void run(LongConsumer call) {
    long held = Handle.hold(this);
    try {
      call.accept(held);
    } finally {
      Handle.drop(this, held);
    }
  }
}
