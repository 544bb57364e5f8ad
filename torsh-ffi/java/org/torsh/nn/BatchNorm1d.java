// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh.nn;

/** Over (N, C) or (N, C, L): mean 0 and variance 1 per channel. */
public final class BatchNorm1d extends BatchNorm {
  public BatchNorm1d(long numFeatures) {
    this(numFeatures, 1e-5, 0.1, true, true);
  }

  /** momentum null: the running statistics are averages over all batches. */
  public BatchNorm1d(long numFeatures, double eps, Double momentum, boolean affine, boolean trackRunningStats) {
    super(1, numFeatures, eps, momentum, affine, trackRunningStats);
  }
}
