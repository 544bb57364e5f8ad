// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh.internal;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Finds libtorsh_jni.so and the libtorsh.so.0 beside it: in the folder that -Dtorsh.library.path names, else in the jar, else on
 * java.library.path.
 */
public final class NativeLibrary {
  private static final String JNI = "libtorsh_jni.so";
  private static final String[] FILES = {"libtorsh.so.0", JNI};
  private static boolean loaded;

  private NativeLibrary() {}

  public static synchronized void load() {
    if (loaded) {
      return;
    }
    String folder = System.getProperty("torsh.library.path");
    if (folder != null) {
      System.load(Path.of(folder, JNI).toAbsolutePath().toString());
    } else if (NativeLibrary.class.getResource(resource(JNI)) != null) {
      System.load(unpack().resolve(JNI).toString());
    } else {
      System.loadLibrary("torsh_jni");
    }
    loaded = true;
    Pressure.begin();
  }

  private static String resource(String file) {
    String os = System.getProperty("os.name").toLowerCase(java.util.Locale.ROOT);
    return "/native/" + os + "-" + System.getProperty("os.arch") + "/" + file;
  }

  /** Into a new folder that only this user can enter; gone when the machine ends. */
  private static Path unpack() {
    try {
      Path folder = Files.createTempDirectory("torsh-");
      folder.toFile().deleteOnExit(); // in reverse order: files first
      for (String file : FILES) {
        Path target = folder.resolve(file);
        target.toFile().deleteOnExit();
        try (InputStream in = NativeLibrary.class.getResourceAsStream(resource(file))) {
          if (in == null) {
            throw new UnsatisfiedLinkError("the jar lacks " + resource(file));
          }
          Files.copy(in, target);
        }
      }
      return folder;
    } catch (IOException e) {
      throw (UnsatisfiedLinkError) new UnsatisfiedLinkError("torsh cannot unpack its library: " + e).initCause(e);
    }
  }
}
