// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh;

import org.torsh.internal.Handle;

/** torch.autograd. */
public final class Autograd {
  private Autograd() {}

  /** gradients: null, or per root null (one element only) or a tensor of its shape. */
  public static void backward(Tensor[] roots, Tensor[] gradients, boolean retainGraph, boolean createGraph) {
    roots = roots.clone();
    gradients = gradients == null ? null : gradients.clone();
    long[] r = Handle.hold(roots);
    long[] g = Handle.hold(gradients);
    try {
      TensorNative.backward(r, g, retainGraph, createGraph, new long[0]);
    } finally {
      Handle.drop(gradients, g);
      Handle.drop(roots, r);
    }
  }

  /** d roots / d inputs, leaving their gradients alone. */
  public static Tensor[] grad(Tensor[] roots, Tensor[] inputs) {
    return grad(roots, inputs, null, false, false, false);
  }

  /** allowUnused: null for an input that does not take part, which is an error otherwise. */
  public static Tensor[] grad(
      Tensor[] roots, Tensor[] inputs, Tensor[] gradients, boolean retainGraph, boolean createGraph, boolean allowUnused) {
    roots = roots.clone();
    inputs = inputs.clone();
    gradients = gradients == null ? null : gradients.clone();
    long[] r = Handle.hold(roots);
    long[] i = Handle.hold(inputs);
    long[] g = Handle.hold(gradients);
    try {
      return Tensor.own(TensorNative.grad(r, g, i, retainGraph, createGraph, allowUnused));
    } finally {
      Handle.drop(gradients, g);
      Handle.drop(inputs, i);
      Handle.drop(roots, r);
    }
  }

  /** Whether this thread's operators record. */
  public static boolean isGradEnabled() {
    return org.torsh.internal.Native.is_grad_enabled();
  }
}
