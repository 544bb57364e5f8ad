// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh;

import org.torsh.internal.Handle;

/** Lists of {@link Index} on their way to C. */
final class Indexing {
  private final int[] kinds;
  private final long[] numbers;
  private final Tensor[] tensors;

  private Indexing(Index[] items) {
    kinds = new int[items.length];
    numbers = new long[3 * items.length];
    tensors = new Tensor[items.length];
    for (int i = 0; i < items.length; i++) {
      kinds[i] = items[i].kind;
      numbers[3 * i] = items[i].start;
      numbers[3 * i + 1] = items[i].stop;
      numbers[3 * i + 2] = items[i].step;
      tensors[i] = items[i].tensor;
    }
  }

  static Tensor get(Tensor self, Index[] items) {
    Indexing x = new Indexing(items);
    long selfHeld = Handle.hold(self);
    long[] held = Handle.hold(x.tensors);
    try {
      return Tensor.own(TensorNative.index(selfHeld, x.kinds, x.numbers, held));
    } finally {
      Handle.drop(x.tensors, held);
      Handle.drop(self, selfHeld);
    }
  }

  static Tensor set(Tensor self, Tensor value, Index[] items) {
    Indexing x = new Indexing(items);
    long selfHeld = Handle.hold(self);
    long valueHeld = Handle.hold(value);
    long[] held = Handle.hold(x.tensors);
    try {
      TensorNative.setIndex(selfHeld, x.kinds, x.numbers, held, valueHeld);
      return self;
    } finally {
      Handle.drop(x.tensors, held);
      Handle.drop(value, valueHeld);
      Handle.drop(self, selfHeld);
    }
  }
}
