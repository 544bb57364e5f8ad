// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh.nn;

import org.torsh.internal.Native;

/** x * Φ(x); approximate: "none" or "tanh". */
public final class GELU extends Module {
  public GELU() {
    this("none");
  }

  public GELU(String approximate) {
    super(Native.gelu_new(approximate));
  }
}
