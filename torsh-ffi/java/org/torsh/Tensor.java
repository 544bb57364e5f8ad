// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.torsh.internal.Bridge;
import org.torsh.internal.Handle;
import org.torsh.internal.Native;

/**
 * PyTorch's tensor. The operators are methods: {@code a.add(b)}, {@code a.sum(1, true)}, in place {@code a.add_(b)}.
 *
 * <p>Its memory goes with {@link #close}, with the {@link Scope} that it was made in, or when the collector finds it. After that
 * its use is an IllegalStateException. A tensor may be closed while another thread computes with it: that call still ends well.
 */
public final class Tensor extends TensorOperators {
  static {
    Bridge.set(Tensor::own, DType::codeOf);
  }

  private Tensor(long result) {
    super(result);
  }

  /** What an operator has returned. */
  static Tensor own(long result) {
    return new Tensor(result);
  }

  static Tensor[] own(long[] results) {
    Tensor[] all = new Tensor[results.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = results[i] == 0 ? null : new Tensor(results[i]);
    }
    return all;
  }

  @Override
  Tensor self() {
    return this;
  }

  // ---- from Java's values: copies, row-major. No shape: one dimension ----

  public static Tensor of(float[] data, long... shape) {
    return from(data, data.length, 4L, shape, DType.FLOAT32);
  }

  public static Tensor of(double[] data, long... shape) {
    return from(data, data.length, 8L, shape, DType.FLOAT64);
  }

  public static Tensor of(long[] data, long... shape) {
    return from(data, data.length, 8L, shape, DType.INT64);
  }

  public static Tensor of(int[] data, long... shape) {
    return from(data, data.length, 4L, shape, DType.INT32);
  }

  public static Tensor of(short[] data, long... shape) {
    return from(data, data.length, 2L, shape, DType.INT16);
  }

  /** uint8, as images have it. */
  public static Tensor of(byte[] data, long... shape) {
    return from(data, data.length, 1L, shape, DType.UINT8);
  }

  public static Tensor of(boolean[] data, long... shape) {
    return from(data, data.length, 1L, shape, DType.BOOL);
  }

  /** 0-d, of the default dtype. */
  public static Tensor scalar(double value) {
    return Operators.full(new long[0], value, null, null);
  }

  /** 0-d, int64. */
  public static Tensor scalar(long value) {
    return Operators.full(new long[0], value, DType.INT64, null);
  }

  /** The bytes of the elements as they lie in memory. */
  public static Tensor ofBytes(byte[] data, DType dtype, long... shape) {
    return own(TensorNative.fromArray(data, data.length, shape, DType.codeOf(dtype)));
  }

  /**
   * On the memory of a direct buffer, from its position to its limit, without a copy: what the program writes into the buffer
   * later is in the tensor. The buffer lives as long as the tensor's memory is in use. It must have the machine's byte order:
   * {@code buffer.order(ByteOrder.nativeOrder())}.
   */
  public static Tensor of(ByteBuffer buffer, DType dtype, long... shape) {
    if (!buffer.isDirect() || buffer.isReadOnly()) {
      throw new IllegalArgumentException("a direct buffer is required that can be written to");
    }
    if (dtype.bytes() > 1 && buffer.order() != ByteOrder.nativeOrder()) {
      throw new IllegalArgumentException("the buffer has another byte order than this machine");
    }
    return own(
        TensorNative.fromBuffer(buffer, buffer.position(), buffer.remaining(), shape, DType.codeOf(dtype)));
  }

  /** Takes over the tensor at an address, such as ToRSh.tensorFromArray returns. */
  public static Tensor ofAddress(long address) {
    if (address == 0) {
      throw new MissingArgumentException("the address is 0");
    }
    return own(address);
  }

  private static Tensor from(Object array, int n, long size, long[] shape, DType dtype) {
    long[] sizes = shape.length == 0 && n != 1 ? new long[] {n} : shape;
    return own(TensorNative.fromArray(array, n * size, sizes, DType.codeOf(dtype)));
  }

  // ---- to another dtype or device ----

  public Tensor to(DType dtype) {
    return Operators.toDtype(this, dtype, false, false, null);
  }

  public Tensor to(Device device) {
    return to(device, dtype());
  }

  public Tensor to(Device device, DType dtype) {
    return Operators.toDevice(this, device, dtype, false, false, null);
  }

  // ---- indexing ----

  /** PyTorch's {@code t[items]}: a view where no tensor indexes, else a copy. */
  public Tensor get(Index... items) {
    return Indexing.get(this, items);
  }

  /** The elements of the first dimension. */
  public Tensor get(long i) {
    return Indexing.get(this, new Index[] {Index.at(i)});
  }

  /** PyTorch's {@code t[items] = value}. */
  public Tensor set(Tensor value, Index... items) {
    return Indexing.set(this, value, items);
  }

  // ---- gradients ----

  public boolean requiresGrad() {
    return get(Native::tensor_requires_grad);
  }

  /** Sets it and returns this tensor. */
  public Tensor requiresGrad_(boolean requires) {
    run(t -> Native.tensor_set_requires_grad(t, requires ? 1 : 0));
    return this;
  }

  public boolean isLeaf() {
    return get(Native::tensor_is_leaf);
  }

  /** The accumulated gradient, or null. */
  public Tensor grad() {
    return Bridge.tensor(get(Native::tensor_grad));
  }

  /** null: forgets it. */
  public void setGrad(Tensor grad) {
    long held = Handle.hold(grad);
    try {
      run(t -> Native.tensor_set_grad(t, held));
    } finally {
      Handle.drop(grad, held);
    }
  }

  /** Results too keep their gradient from now on. */
  public Tensor retainGrad() {
    run(Native::tensor_retain_grad);
    return this;
  }

  /** Cuts it off its history in place. */
  public Tensor detach_() {
    run(Native::tensor_detach_);
    return this;
  }

  /** The same memory without history: PyTorch's {@code .data}. */
  public Tensor data() {
    return own(get(Native::tensor_data));
  }

  /** Adds d this / d leaf to the gradient of every leaf. */
  public void backward() {
    backward(null, false, false);
  }

  public void backward(Tensor gradient) {
    backward(gradient, false, false);
  }

  /** createGraph: the gradients can be differentiated again. */
  public void backward(Tensor gradient, boolean retainGraph, boolean createGraph) {
    Autograd.backward(new Tensor[] {this}, new Tensor[] {gradient}, retainGraph, createGraph);
  }
}
