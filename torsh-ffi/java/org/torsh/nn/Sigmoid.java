// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh.nn;

import org.torsh.internal.Native;

/** 1 / (1 + exp(-x)). */
public final class Sigmoid extends Module {
  public Sigmoid() {
    super(Native.sigmoid_new());
  }
}
