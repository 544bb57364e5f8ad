// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh.nn;

import org.torsh.Tensor;
import org.torsh.internal.Native;

/** Filters over (N, C, H, W) or (C, H, W); weight [out, in / groups, kernel], bias [out]. */
public final class Conv2d extends Module {
  public Conv2d(long inChannels, long outChannels, long kernelSize) {
    this(inChannels, outChannels, kernelSize, 1, 0);
  }

  public Conv2d(long inChannels, long outChannels, long kernelSize, long stride, long padding) {
    this(inChannels, outChannels, sizes(kernelSize), sizes(stride), sizes(padding), sizes(1), 1, true);
  }

  /** Sizes: one for height and width, or both. */
  public Conv2d(
      long inChannels,
      long outChannels,
      long[] kernelSize,
      long[] stride,
      long[] padding,
      long[] dilation,
      long groups,
      boolean bias) {
    super(Native.conv2d_new(inChannels, outChannels, kernelSize, stride, padding, dilation, groups, bias ? 1 : 0));
  }

  private static long[] sizes(long n) {
    return new long[] {n};
  }

  public Tensor weight() {
    return tensor("weight");
  }

  /** null if there is none. */
  public Tensor bias() {
    return tensor("bias");
  }
}
