// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh;

import org.torsh.internal.Handle;
import org.torsh.internal.Native;
import org.torsh.internal.Resource;

/** A stream of random numbers; on the CPU PyTorch's mt19937, so that the same seed gives the same numbers. */
public final class Generator extends Resource {
  public Generator() {
    this(Native.generator_new());
  }

  private Generator(long address) {
    super(Handle.GENERATOR, address);
  }

  /** The generator that operators use when they are given none. */
  public static Generator defaultGenerator() {
    return new Generator(Native.default_generator());
  }

  public Generator manualSeed(long seed) {
    run(g -> Native.generator_manual_seed(g, seed));
    return this;
  }

  public long initialSeed() {
    return get(Native::generator_initial_seed);
  }
}
