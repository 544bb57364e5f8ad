// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh.internal;

import java.util.function.LongFunction;
import java.util.function.ToIntFunction;
import org.torsh.DType;
import org.torsh.Tensor;

/** How the packages beside org.torsh make tensors out of what JNI functions return. */
public final class Bridge {
  private static volatile LongFunction<Tensor> make;
  private static volatile ToIntFunction<DType> code;

  private Bridge() {}

  /** By the class Tensor, when it is loaded. */
  public static void set(LongFunction<Tensor> maker, ToIntFunction<DType> coder) {
    code = coder;
    make = maker;
  }

  /** The C ABI's number; -1 for null. */
  public static int code(DType dtype) {
    load();
    return dtype == null ? -1 : code.applyAsInt(dtype);
  }

  /** null for 0. */
  public static Tensor tensor(long given) {
    load();
    return given == 0 ? null : make.apply(given);
  }

  /** Not when this class is loaded: two threads that load this and Tensor would wait for each other. */
  private static void load() {
    if (make == null) {
      org.torsh.Torsh.init();
    }
  }
}
