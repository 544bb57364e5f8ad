// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh.optim;

import java.util.List;
import org.torsh.Tensor;

/** Adam, and p -= lr * weightDecay * p (0.01). */
public final class AdamW extends Adam {
  /** With lr 0.001. */
  public AdamW(List<Tensor> parameters) {
    this(parameters, 0.001);
  }

  public AdamW(List<Tensor> parameters, double lr) {
    this(parameters, lr, 0.9, 0.999, 1e-8, 0.01, false, false);
  }

  /** amsgrad: divides by the largest average so far. maximize: uphill. */
  public AdamW(
      List<Tensor> parameters,
      double lr,
      double beta1,
      double beta2,
      double eps,
      double weightDecay,
      boolean amsgrad,
      boolean maximize) {
    super(parameters, lr, beta1, beta2, eps, weightDecay, true, amsgrad, maximize);
  }
}
