// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh.nn;

import org.torsh.internal.Native;

/** Dimensions startDim (1) to endDim (the last) become one. */
public final class Flatten extends Module {
  public Flatten() {
    this(1, -1);
  }

  public Flatten(long startDim, long endDim) {
    super(Native.flatten_new(startDim, endDim));
  }
}
