// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh.nn;

/** What becomes of a loss per element; the order is the C ABI's. */
public enum Reduction {
  NONE,
  MEAN,
  SUM
}
