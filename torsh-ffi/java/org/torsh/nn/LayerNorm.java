// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh.nn;

import org.torsh.internal.Native;

/** Mean 0 and variance 1 over the last dimensions, whose sizes are given. */
public final class LayerNorm extends Module {
  public LayerNorm(long... normalizedShape) {
    this(normalizedShape, 1e-5, true, true);
  }

  public LayerNorm(long[] normalizedShape, double eps, boolean elementwiseAffine, boolean bias) {
    super(Native.layer_norm_new(normalizedShape, eps, elementwiseAffine ? 1 : 0, bias ? 1 : 0));
  }
}
