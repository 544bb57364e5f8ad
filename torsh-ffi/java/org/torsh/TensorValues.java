// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh;

import java.lang.ref.Cleaner;
import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.torsh.internal.Handle;
import org.torsh.internal.Native;
import org.torsh.internal.Resource;

/** What a {@link Tensor} is and holds, as Java's values. */
public abstract sealed class TensorValues extends Resource permits TensorOperators {
  private static final Cleaner BUFFERS = Cleaner.create();

  TensorValues(long result) {
    super(Handle.TENSOR, result);
  }

  // ---- to Java's values ----

  public float[] toFloatArray() {
    return to(new float[count(DType.FLOAT32)], 4L);
  }

  public double[] toDoubleArray() {
    return to(new double[count(DType.FLOAT64)], 8L);
  }

  public long[] toLongArray() {
    return to(new long[count(DType.INT64)], 8L);
  }

  public int[] toIntArray() {
    return to(new int[count(DType.INT32)], 4L);
  }

  public boolean[] toBooleanArray() {
    return to(new boolean[count(DType.BOOL)], 1L);
  }

  /** The elements as they lie in memory, row-major, of any dtype. */
  public byte[] toBytes() {
    long bytes = numel() * dtype().bytes();
    byte[] array = new byte[Math.toIntExact(bytes)];
    run(t -> TensorNative.toArray(t, array, bytes));
    return array;
  }

  /**
   * The tensor's own memory as a direct buffer of the machine's byte order, without a copy; of a contiguous tensor on the CPU.
   * The buffer keeps the memory alive, also after this tensor is closed.
   */
  public ByteBuffer asByteBuffer() {
    if (!isContiguous()) {
      throw new StateException("asByteBuffer: the tensor is not contiguous; use contiguous()");
    }
    // no object of Java for the second tensor: it belongs to no scope, and goes with the buffer
    Runnable release = Handle.releaser(Handle.TENSOR, get(Native::tensor_data));
    ByteBuffer buffer = get(TensorNative::toBuffer);
    BUFFERS.register(buffer, release);
    return buffer.order(ByteOrder.nativeOrder());
  }

  private int count(DType wanted) {
    DType dtype = dtype();
    if (dtype != wanted) {
      throw new DTypeException("the tensor is " + dtype + ", not " + wanted + ": convert it with to(dtype)");
    }
    return Math.toIntExact(numel());
  }

  private <A> A to(A array, long size) {
    run(t -> TensorNative.toArray(t, array, Array.getLength(array) * size));
    return array;
  }

  /** The only element; of integers too. */
  public double item() {
    return get(TensorNative::itemDouble);
  }

  /** The only element, exactly; a fraction is cut off. */
  public long itemLong() {
    return get(TensorNative::itemLong);
  }

  public boolean itemBoolean() {
    return itemLong() != 0;
  }

  // ---- what it is ----

  public long[] shape() {
    return get(TensorNative::shape);
  }

  /** In elements. */
  public long[] strides() {
    return get(TensorNative::strides);
  }

  public int dim() {
    return get(Native::tensor_ndim);
  }

  /** Of one dimension; negative ones count from the end. */
  public long size(int dim) {
    long[] shape = shape();
    int at = dim < 0 ? dim + shape.length : dim;
    if (at < 0 || at >= shape.length) {
      throw new OutOfRangeException("Dimension out of range (expected to be in range of [" + -shape.length + ", "
          + (shape.length - 1) + "], but got " + dim + ")");
    }
    return shape[at];
  }

  public long numel() {
    return get(Native::tensor_numel);
  }

  public DType dtype() {
    return DType.of(get(Native::tensor_dtype));
  }

  public Device device() {
    return Device.of(get(TensorNative::device));
  }

  public boolean isContiguous() {
    return get(Native::tensor_is_contiguous);
  }

  public long storageOffset() {
    return get(Native::tensor_storage_offset);
  }

  /** How often its values were changed in place. */
  public int version() {
    return get(Native::tensor_version);
  }

  /** As PyTorch prints it. */
  @Override
  public String toString() {
    return isClosed() ? "tensor(closed)" : get(TensorNative::text);
  }
}
