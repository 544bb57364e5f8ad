// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh.optim;

import java.util.List;
import java.util.function.Function;
import org.torsh.StateDict;
import org.torsh.Tensor;
import org.torsh.internal.Handle;
import org.torsh.internal.Native;
import org.torsh.internal.Resource;

/** torch.optim.Optimizer: changes parameters in place, along their gradients. */
public abstract class Optimizer extends Resource {
  /** make: from the parameters' addresses. */
  Optimizer(List<Tensor> parameters, Function<long[], Long> make) {
    super(Handle.OPTIMIZER, made(parameters.toArray(new Tensor[0]), make));
  }

  private static long made(Tensor[] parameters, Function<long[], Long> make) {
    long[] held = Handle.hold(parameters);
    try {
      return make.apply(held);
    } finally {
      Handle.drop(parameters, held);
    }
  }

  static int flag(boolean b) {
    return b ? 1 : 0;
  }

  /** Forgets the gradients of all parameters. */
  public void zeroGrad() {
    run(Native::optimizer_zero_grad);
  }

  /** One step for all parameters that have a gradient. */
  public void step() {
    run(Native::optimizer_step);
  }

  public double lr() {
    return get(Native::optimizer_lr);
  }

  /** Of the next steps. */
  public void setLr(double lr) {
    run(o -> Native.optimizer_set_lr(o, lr));
  }

  /** What a later run needs to go on; on the optimizer's memory. */
  public StateDict stateDict() {
    return new StateDict(get(Native::optimizer_state));
  }

  public void loadStateDict(StateDict state) {
    long held = Handle.hold(state);
    try {
      run(o -> Native.optimizer_load_state(o, held));
    } finally {
      Handle.drop(state, held);
    }
  }
}
