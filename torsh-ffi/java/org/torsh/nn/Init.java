// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh.nn;

import org.torsh.Generator;
import org.torsh.Tensor;
import org.torsh.internal.Handle;
import org.torsh.internal.Native;

/** torch.nn.init: fills a tensor in place, unrecorded. generator null: the default one. */
public final class Init {
  private Init() {}

  @FunctionalInterface
  private interface Call {
    void with(long tensor, long generator);
  }

  private static Tensor run(Tensor t, Generator g, Call call) {
    long tensor = Handle.hold(t);
    long generator = Handle.hold(g);
    try {
      call.with(tensor, generator);
      return t;
    } finally {
      Handle.drop(g, generator);
      Handle.drop(t, tensor);
    }
  }

  public static Tensor uniform_(Tensor t, double a, double b, Generator generator) {
    return run(t, generator, (x, g) -> Native.init_uniform_(x, a, b, g));
  }

  public static Tensor normal_(Tensor t, double mean, double std, Generator generator) {
    return run(t, generator, (x, g) -> Native.init_normal_(x, mean, std, g));
  }

  public static Tensor constant_(Tensor t, double value) {
    return run(t, null, (x, g) -> Native.init_constant_(x, value));
  }

  public static Tensor xavierUniform_(Tensor t, double gain, Generator generator) {
    return run(t, generator, (x, g) -> Native.init_xavier_uniform_(x, gain, g));
  }

  public static Tensor xavierNormal_(Tensor t, double gain, Generator generator) {
    return run(t, generator, (x, g) -> Native.init_xavier_normal_(x, gain, g));
  }

  /** mode: "fan_in" or "fan_out"; nonlinearity: "leaky_relu" (of slope a), "relu", "tanh" … */
  public static Tensor kaimingUniform_(Tensor t, double a, String mode, String nonlinearity, Generator generator) {
    return run(t, generator, (x, g) -> Native.init_kaiming_uniform_(x, a, mode, nonlinearity, g));
  }

  public static Tensor kaimingNormal_(Tensor t, double a, String mode, String nonlinearity, Generator generator) {
    return run(t, generator, (x, g) -> Native.init_kaiming_normal_(x, a, mode, nonlinearity, g));
  }

  /** The factor that keeps variances through a nonlinearity. */
  public static double calculateGain(String nonlinearity, double a) {
    return Native.init_calculate_gain(nonlinearity, a);
  }
}
