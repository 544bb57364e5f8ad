// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh.nn;

import org.torsh.internal.Native;

/** The hyperbolic tangent. */
public final class Tanh extends Module {
  public Tanh() {
    super(Native.tanh_new());
  }
}
