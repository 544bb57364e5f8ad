// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh;

import java.util.Locale;

/**
 * Where a tensor's memory is: {@code Device.CPU}, {@code Device.of("cuda:1")}.
 *
 * @param index -1: the current one of its kind
 */
public record Device(Kind kind, int index) {
  /** Kinds of devices, in the order of the C ABI. */
  public enum Kind {
    CPU,
    CUDA,
    VULKAN,
    META
  }

  public static final Device CPU = new Device(Kind.CPU, -1);

  /** Reads "cpu", "cuda:1" … */
  public static Device of(String text) {
    String[] parts = text.split(":", 2);
    try {
      Kind kind = Kind.valueOf(parts[0].toUpperCase(Locale.ROOT));
      return new Device(kind, parts.length == 1 ? -1 : Integer.parseUnsignedInt(parts[1]));
    } catch (IllegalArgumentException e) {
      throw new InvalidValueException("Invalid device string: '" + text + "'");
    }
  }

  static Device of(long packed) {
    int kind = (int) (packed >> 32);
    return new Device(Kind.values()[kind], kind == 0 ? -1 : (int) packed);
  }

  static int kindOf(Device device) {
    return device == null ? -1 : device.kind.ordinal();
  }

  static int indexOf(Device device) {
    return device == null ? -1 : device.index;
  }

  /** PyTorch's name: "cpu", "cuda:0". */
  @Override
  public String toString() {
    String name = kind.name().toLowerCase(Locale.ROOT);
    return index < 0 ? name : name + ":" + index;
  }
}
