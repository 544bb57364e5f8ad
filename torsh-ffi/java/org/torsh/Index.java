// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh;

/** One place between the brackets of PyTorch's {@code t[1, ::2, None, ..., mask]}. */
public final class Index {
  private static final long NOT_GIVEN = Long.MIN_VALUE;

  /** A new dimension of size 1. */
  public static final Index NONE = new Index(2, 0, 0, 0, null);

  /** As many whole dimensions as there are left. */
  public static final Index ELLIPSIS = new Index(3, 0, 0, 0, null);

  /** A whole dimension. */
  public static final Index ALL = new Index(1, NOT_GIVEN, NOT_GIVEN, NOT_GIVEN, null);

  final int kind; // TORSH_INDEX_*
  final long start;
  final long stop;
  final long step;
  final Tensor tensor;

  private Index(int kind, long start, long stop, long step, Tensor tensor) {
    this.kind = kind;
    this.start = start;
    this.stop = stop;
    this.step = step;
    this.tensor = tensor;
  }

  /** One element; the dimension goes. */
  public static Index at(long i) {
    return new Index(0, i, 0, 0, null);
  }

  /** From start (inclusive) to stop (exclusive); negative ones count from the end. */
  public static Index slice(long start, long stop) {
    return new Index(1, start, stop, NOT_GIVEN, null);
  }

  public static Index slice(long start, long stop, long step) {
    return new Index(1, start, stop, step, null);
  }

  public static Index from(long start) {
    return new Index(1, start, NOT_GIVEN, NOT_GIVEN, null);
  }

  public static Index to(long stop) {
    return new Index(1, NOT_GIVEN, stop, NOT_GIVEN, null);
  }

  /** Integers, or a mask of bools. */
  public static Index of(Tensor t) {
    return new Index(4, 0, 0, 0, t);
  }
}
