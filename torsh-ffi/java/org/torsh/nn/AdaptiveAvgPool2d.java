// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh.nn;

import org.torsh.internal.Native;

/** Means over windows chosen so that the result is height x width. */
public final class AdaptiveAvgPool2d extends Module {
  public AdaptiveAvgPool2d(long height, long width) {
    super(Native.adaptive_avg_pool2d_new(height, width));
  }
}
