// SPDX-License-Identifier: MIT OR Apache-2.0

/**
 * The library by its plainest names. A program may have this class as its own, with {@code System.loadLibrary("torsh_jni")}:
 * libtorsh_jni.so holds the two functions.
 */
public class ToRSh {
  static {
    org.torsh.internal.NativeLibrary.load();
  }

  public native void init();

  /** The address of a new float32 tensor; org.torsh.Tensor.ofAddress takes it over. */
  public native long tensorFromArray(float[] data, long[] shape);
}
