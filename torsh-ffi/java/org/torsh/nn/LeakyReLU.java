// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh.nn;

import org.torsh.internal.Native;

/** x where positive, else negativeSlope * x. */
public final class LeakyReLU extends Module {
  public LeakyReLU() {
    this(0.01);
  }

  public LeakyReLU(double negativeSlope) {
    super(Native.leaky_relu_new(negativeSlope));
  }
}
