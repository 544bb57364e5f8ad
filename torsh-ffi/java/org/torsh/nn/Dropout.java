// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh.nn;

import org.torsh.internal.Native;

/** In training zeroes each element with probability p (0.5). */
public final class Dropout extends Module {
  public Dropout() {
    this(0.5);
  }

  public Dropout(double p) {
    super(Native.dropout_new(p));
  }
}
