// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh.optim;

import java.util.List;
import org.torsh.Tensor;
import org.torsh.internal.Native;

/** p -= lr * b, b = momentum * b + (1 - dampening) * gradient. */
public final class SGD extends Optimizer {
  public SGD(List<Tensor> parameters, double lr) {
    this(parameters, lr, 0);
  }

  public SGD(List<Tensor> parameters, double lr, double momentum) {
    this(parameters, lr, momentum, 0, 0, false, false);
  }

  /** weightDecay * p is added to the gradient; nesterov looks one step ahead. */
  public SGD(
      List<Tensor> parameters,
      double lr,
      double momentum,
      double dampening,
      double weightDecay,
      boolean nesterov,
      boolean maximize) {
    super(
        parameters,
        p -> Native.sgd_new(p, lr, momentum, dampening, weightDecay, flag(nesterov), flag(maximize)));
  }
}
