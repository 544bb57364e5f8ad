// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh.internal;

/** The JNI functions of modules that are written by hand (torsh-ffi/java/jni/module.c). */
public final class ModuleNative {
  static {
    NativeLibrary.load();
  }

  private ModuleNative() {}

  /** A module whose forward is {@code long run(long input)} of the object. */
  public static native long create(String type, Object slot);

  /** The same tensor, with a reference for the caller. */
  public static native long retain(long tensor);

  public static native long[] tensors(long module, boolean buffers);
}
