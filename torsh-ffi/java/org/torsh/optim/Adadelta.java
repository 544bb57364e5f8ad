// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh.optim;

import java.util.List;
import org.torsh.Tensor;
import org.torsh.internal.Native;

/** Steps as long as the average of recent ones, in units of the gradient's average. */
public final class Adadelta extends Optimizer {
  /** With lr 1. */
  public Adadelta(List<Tensor> parameters) {
    this(parameters, 1, 0.9, 1e-6, 0, false);
  }

  public Adadelta(
      List<Tensor> parameters, double lr, double rho, double eps, double weightDecay, boolean maximize) {
    super(parameters, p -> Native.adadelta_new(p, lr, rho, eps, weightDecay, flag(maximize)));
  }
}
