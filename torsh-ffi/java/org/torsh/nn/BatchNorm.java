// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh.nn;

import org.torsh.internal.Native;

/** What batch norms of one and two dimensions share. */
abstract class BatchNorm extends Module {
  BatchNorm(
      int dims, long numFeatures, double eps, Double momentum, boolean affine, boolean trackRunningStats) {
    super(
        Native.batch_norm_new(
            dims,
            numFeatures,
            eps,
            momentum != null,
            momentum == null ? 0 : momentum,
            affine ? 1 : 0,
            trackRunningStats ? 1 : 0));
  }
}
