// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh.nn;

import org.torsh.Tensor;
import org.torsh.internal.Native;

/** x @ weight.T + bias; weight [out, in], bias [out]. */
public final class Linear extends Module {
  public Linear(long inFeatures, long outFeatures) {
    this(inFeatures, outFeatures, true);
  }

  public Linear(long inFeatures, long outFeatures, boolean bias) {
    super(Native.linear_new(inFeatures, outFeatures, bias ? 1 : 0));
  }

  public Tensor weight() {
    return tensor("weight");
  }

  /** null if there is none. */
  public Tensor bias() {
    return tensor("bias");
  }
}
