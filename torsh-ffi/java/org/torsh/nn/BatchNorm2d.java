// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh.nn;

/** Over (N, C, H, W): mean 0 and variance 1 per channel. */
public final class BatchNorm2d extends BatchNorm {
  public BatchNorm2d(long numFeatures) {
    this(numFeatures, 1e-5, 0.1, true, true);
  }

  /** momentum null: the running statistics are averages over all batches. */
  public BatchNorm2d(long numFeatures, double eps, Double momentum, boolean affine, boolean trackRunningStats) {
    super(2, numFeatures, eps, momentum, affine, trackRunningStats);
  }
}
