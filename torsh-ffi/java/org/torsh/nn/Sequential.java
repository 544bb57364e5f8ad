// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh.nn;

import org.torsh.internal.Handle;
import org.torsh.internal.Native;

/** Modules one after the other, named "0", "1", … */
public final class Sequential extends Module {
  public Sequential(Module... modules) {
    super(Native.sequential_new());
    for (Module m : modules) {
      add(m);
    }
  }

  /** Puts one at the end; returns this. */
  public Sequential add(Module module) {
    long held = Handle.hold(module);
    try {
      run(s -> Native.sequential_add(s, held));
      remember(module);
      return this;
    } finally {
      Handle.drop(module, held);
    }
  }
}
