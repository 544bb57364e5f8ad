// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh;

/**
 * All failures of the library. Most are {@link TorshException}s; an index out of range and a null are what Java programs catch
 * for these: {@link OutOfRangeException} is an IndexOutOfBoundsException, {@link MissingArgumentException} a
 * NullPointerException.
 */
public interface TorshFailure {
  /** The category, by its name in C: "SHAPE", "DTYPE", "INDEX" … */
  String status();

  String getMessage();
}
