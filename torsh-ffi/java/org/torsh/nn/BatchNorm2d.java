// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh.nn;

import org.torsh.internal.Native;

/** Over (N, C, H, W): mean 0 and variance 1 per channel. */
public final class BatchNorm2d extends Module {
  public BatchNorm2d(long numFeatures) {
    this(numFeatures, 1e-5, 0.1, true, true);
  }

  /** momentum null: the running statistics are averages over all batches. */
  public BatchNorm2d(long numFeatures, double eps, Double momentum, boolean affine, boolean trackRunningStats) {
    super(
        Native.batch_norm_new(
            2,
            numFeatures,
            eps,
            momentum != null,
            momentum == null ? 0 : momentum,
            affine ? 1 : 0,
            trackRunningStats ? 1 : 0));
  }
}
