// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh.nn;

import org.torsh.internal.Native;

/** Over (N, C) or (N, C, L): mean 0 and variance 1 per channel. */
public final class BatchNorm1d extends Module {
  public BatchNorm1d(long numFeatures) {
    this(numFeatures, 1e-5, 0.1, true, true);
  }

  /** momentum null: the running statistics are averages over all batches. */
  public BatchNorm1d(long numFeatures, double eps, Double momentum, boolean affine, boolean trackRunningStats) {
    super(
        Native.batch_norm_new(
            1,
            numFeatures,
            eps,
            momentum != null,
            momentum == null ? 0 : momentum,
            affine ? 1 : 0,
            trackRunningStats ? 1 : 0));
  }
}
