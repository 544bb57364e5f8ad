// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh.nn;

import java.lang.ref.WeakReference;
import org.torsh.Tensor;
import org.torsh.internal.Bridge;
import org.torsh.internal.Handle;
import org.torsh.internal.ModuleNative;

/**
 * What the library holds of a module that is written in Java. It refers to the module weakly: the module holds the library's
 * object, and who contains the module holds the module. Otherwise neither would ever go.
 */
final class Slot {
  private volatile WeakReference<Module> module;

  void set(Module m) {
    module = new WeakReference<>(m);
  }

  /** Called by the library: addresses of input and result. */
  long run(long input) {
    Tensor x = Bridge.tensor(input);
    Module m = module.get();
    if (m == null) {
      throw new IllegalStateException("the module has been collected: nothing in Java refers to it any more");
    }
    Tensor y = m.forward(x);
    if (y == null) {
      throw new NullPointerException(m.getClass().getName() + ".forward returned null");
    }
    long held = Handle.hold(y);
    try {
      return ModuleNative.retain(held);
    } finally {
      Handle.drop(y, held);
    }
  }
}
