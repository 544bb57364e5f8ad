// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh.optim;

import java.util.List;
import org.torsh.Tensor;
import org.torsh.internal.Native;

/** p -= lr * m / (sqrt(v) + eps), m and v being averages of the gradient and its square. */
public class Adam extends Optimizer {
  /** With lr 0.001. */
  public Adam(List<Tensor> parameters) {
    this(parameters, 0.001);
  }

  public Adam(List<Tensor> parameters, double lr) {
    this(parameters, lr, 0.9, 0.999, 1e-8, 0, false, false);
  }

  /** amsgrad: divides by the largest average so far. maximize: uphill. */
  public Adam(
      List<Tensor> parameters,
      double lr,
      double beta1,
      double beta2,
      double eps,
      double weightDecay,
      boolean amsgrad,
      boolean maximize) {
    this(parameters, lr, beta1, beta2, eps, weightDecay, false, amsgrad, maximize);
  }

  /** decoupled: AdamW's decay. */
  Adam(
      List<Tensor> parameters,
      double lr,
      double beta1,
      double beta2,
      double eps,
      double weightDecay,
      boolean decoupled,
      boolean amsgrad,
      boolean maximize) {
    super(
        parameters,
        p ->
            Native.adam_new(
                p, lr, beta1, beta2, eps, weightDecay, flag(decoupled), flag(amsgrad), flag(maximize)));
  }
}
