// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh;

import java.util.List;
import org.torsh.internal.Native;
import org.torsh.internal.Pressure;

/** The functions of the module torch: {@code Torsh.zeros(2, 3)}, {@code Torsh.cat(tensors, 1)}, {@code Torsh.manualSeed(0)}. */
public final class Torsh extends TorshOperators {
  static {
    init();
  }

  private Torsh() {}

  /** Loads the library; the first use of any class does it too. */
  public static void init() {
    try {
      Class.forName("org.torsh.Tensor", true, Torsh.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new NoClassDefFoundError(e.getMessage());
    }
    org.torsh.internal.NativeLibrary.load();
  }

  /** Starts the default generator's stream that belongs to this seed. */
  public static void manualSeed(long seed) {
    Native.manual_seed(seed);
  }

  public static DType getDefaultDType() {
    return DType.of(Native.get_default_dtype());
  }

  public static void setDefaultDType(DType dtype) {
    Native.set_default_dtype(DType.codeOf(dtype));
  }

  /** The smallest dtype that holds the values of both. */
  public static DType promoteTypes(DType a, DType b) {
    return DType.of(Native.promote_types(DType.codeOf(a), DType.codeOf(b)));
  }

  public static int getNumThreads() {
    return Native.get_num_threads();
  }

  public static void setNumThreads(int n) {
    Native.set_num_threads(n);
  }

  /** Sets of kernels: "cpu", "cpu-portable" … */
  public static List<String> listBackends() {
    return List.of(TensorNative.backends());
  }

  /** Uses these kernels first for their kind of device. */
  public static void setBackend(String name) {
    Native.set_backend(name);
  }

  public static String getBackend() {
    return Native.get_backend(0);
  }

  /** Bytes of the tensors that Java holds: what the collector is nudged by. */
  public static long bytesHeld() {
    return Pressure.alive();
  }

  /** Whether both have the same shape and the same values; NaN equals nothing. */
  public static boolean equal(Tensor a, Tensor b) {
    return java.util.Arrays.equals(a.shape(), b.shape()) && all(eq(a, b)).itemBoolean();
  }

  /** Whether isclose() holds for all elements. */
  public static boolean allclose(Tensor a, Tensor b, double rtol, double atol) {
    return all(isclose(a, b, rtol, atol)).itemBoolean();
  }

  public static boolean allclose(Tensor a, Tensor b) {
    return allclose(a, b, 1e-05, 1e-08);
  }

  /** A truth value where an operator takes a number: {@code t.fill_(Torsh.number(true))}. */
  public static Number number(boolean value) {
    return Scalars.bool(value);
  }

  public static StateDict load(String file) {
    return StateDict.load(file);
  }

  public static void save(StateDict state, String file) {
    state.save(file);
  }
}
