// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh.nn;

import org.torsh.internal.Native;

/** The mean of each window. */
public final class AvgPool2d extends Module {
  /** The windows lie side by side. */
  public AvgPool2d(long kernelSize) {
    this(kernelSize, kernelSize, 0);
  }

  public AvgPool2d(long kernelSize, long stride, long padding) {
    this(new long[] {kernelSize}, new long[] {stride}, new long[] {padding}, false, true);
  }

  public AvgPool2d(long[] kernelSize, long[] stride, long[] padding, boolean ceilMode, boolean countIncludePad) {
    super(Native.avg_pool2d_new(kernelSize, stride, padding, ceilMode ? 1 : 0, countIncludePad ? 1 : 0, null));
  }
}
