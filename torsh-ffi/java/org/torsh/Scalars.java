// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh;

/** Numbers on their way to C: a kind (torsh/core.h) and 64 bits. Whole numbers stay whole. */
final class Scalars {
  private static final int NONE = 0;
  private static final int BOOL = 1;
  private static final int INT = 2;
  private static final int FLOAT = 4;

  private Scalars() {}

  /** A truth value where an operator takes a number. */
  private static final class Bool extends Number {
    private static final long serialVersionUID = 1;
    private final int value;

    Bool(boolean value) {
      this.value = value ? 1 : 0;
    }

    @Override
    public String toString() {
      return Boolean.toString(value != 0);
    }

    @Override
    public int intValue() {
      return value;
    }

    @Override
    public long longValue() {
      return value;
    }

    @Override
    public float floatValue() {
      return value;
    }

    @Override
    public double doubleValue() {
      return value;
    }
  }

  static Number bool(boolean value) {
    return new Bool(value);
  }

  static int kind(Number n) {
    if (n instanceof Double || n instanceof Float) {
      return FLOAT;
    }
    if (n instanceof Integer || n instanceof Long || n instanceof Short || n instanceof Byte) {
      return INT;
    }
    if (n instanceof Bool) {
      return BOOL;
    }
    if (n == null) {
      throw new MissingArgumentException("null where a number is required");
    }
    throw new IllegalArgumentException("a " + n.getClass().getName() + " is no number of the library: use long or double");
  }

  static long bits(Number n) {
    return n instanceof Double || n instanceof Float ? Double.doubleToRawLongBits(n.doubleValue()) : n.longValue();
  }

  static int kindOrNone(Number n) {
    return n == null ? NONE : kind(n);
  }

  static long bitsOrNone(Number n) {
    return n == null ? 0 : bits(n);
  }

  static long integerOrNone(Number n) {
    if (n != null && kind(n) != INT) {
      throw new InvalidTypeException("an integer is required, not " + n);
    }
    return n == null ? 0 : n.longValue();
  }

  static double doubleOrNone(Number n) {
    return n == null ? 0 : n.doubleValue();
  }
}
