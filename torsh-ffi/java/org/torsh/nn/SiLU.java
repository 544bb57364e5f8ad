// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh.nn;

import org.torsh.internal.Native;

/** x * sigmoid(x). */
public final class SiLU extends Module {
  public SiLU() {
    super(Native.silu_new());
  }
}
