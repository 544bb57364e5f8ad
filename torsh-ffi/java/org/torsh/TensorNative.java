// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh;

import java.nio.ByteBuffer;
import org.torsh.internal.NativeLibrary;

/** The JNI functions of tensors that are written by hand (torsh-ffi/java/jni/tensor.c). */
final class TensorNative {
  static {
    NativeLibrary.load();
  }

  private TensorNative() {}

  /** array: of primitives, bytes long. */
  static native long fromArray(Object array, long bytes, long[] shape, int dtype);

  static native void toArray(long t, Object array, long bytes);

  static native long fromBuffer(ByteBuffer buffer, long offset, long bytes, long[] shape, int dtype);

  static native ByteBuffer toBuffer(long t);

  static native long[] shape(long t);

  static native long[] strides(long t);

  /** Kind in the upper half, index in the lower. */
  static native long device(long t);

  static native double itemDouble(long t);

  static native long itemLong(long t);

  static native String text(long t);

  /** numbers: start, stop, step of each item; tensors: null, or one of each item. */
  static native long index(long t, int[] kinds, long[] numbers, long[] tensors);

  static native void setIndex(long t, int[] kinds, long[] numbers, long[] tensors, long value);

  static native void backward(
      long[] roots, long[] gradients, boolean retainGraph, boolean createGraph, long[] inputs);

  static native long[] grad(
      long[] roots, long[] gradients, long[] inputs, boolean retainGraph, boolean createGraph, boolean allowUnused);

  static native String[] backends();
}
