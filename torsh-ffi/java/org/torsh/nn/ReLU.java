// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh.nn;

import org.torsh.internal.Native;

/** max(x, 0). */
public final class ReLU extends Module {
  public ReLU() {
    super(Native.relu_new());
  }
}
