// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh.nn;

import org.torsh.internal.Native;

/** exp(x) / sum(exp(x)) along a dimension. */
public final class Softmax extends Module {
  public Softmax(long dim) {
    super(Native.softmax_new(dim));
  }
}
