// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh.nn;

import org.torsh.internal.Native;

/** The largest of each window. */
public final class MaxPool2d extends Module {
  /** The windows lie side by side. */
  public MaxPool2d(long kernelSize) {
    this(kernelSize, kernelSize, 0);
  }

  public MaxPool2d(long kernelSize, long stride, long padding) {
    this(new long[] {kernelSize}, new long[] {stride}, new long[] {padding}, new long[] {1}, false);
  }

  public MaxPool2d(long[] kernelSize, long[] stride, long[] padding, long[] dilation, boolean ceilMode) {
    super(Native.max_pool2d_new(kernelSize, stride, padding, dilation, ceilMode ? 1 : 0));
  }
}
