// SPDX-License-Identifier: MIT OR Apache-2.0
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import java.lang.ref.WeakReference;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.Test;
import org.torsh.DType;
import org.torsh.Tensor;
import org.torsh.internal.ModuleNative;
import org.torsh.internal.Resource;

/** The last reference to memory of Java is dropped by a thread that Java does not know. */
public class ForeignThreadTest {
  static {
    org.torsh.Torsh.init();
    System.load(Path.of("torsh-ffi/java/libforeign_thread.so").toAbsolutePath().toString());
  }

  /** Releases the tensor in a new thread of C; whether that thread is no thread of Java before and after. */
  static native boolean release(long tensor);

  private static long address(Tensor t) throws ReflectiveOperationException {
    Field handle = Resource.class.getDeclaredField("handle");
    handle.setAccessible(true);
    Field given = handle.getType().getDeclaredField("given");
    given.setAccessible(true);
    return given.getLong(handle.get(t));
  }

  @Test
  public void dropsTheBuffer() throws Exception {
    for (int round = 0; round < 20; round++) {
      ByteBuffer buffer = ByteBuffer.allocateDirect(4);
      WeakReference<ByteBuffer> ref = new WeakReference<>(buffer);
      Tensor t = Tensor.of(buffer, DType.UINT8, 4);
      long kept = ModuleNative.retain(address(t));
      buffer = null;
      t.close();
      System.gc();
      assertTrue(ref.get() != null);
      assertTrue(release(kept));
      for (int i = 0; i < 100 && ref.get() != null; i++) {
        System.gc();
        Thread.sleep(2);
      }
      assertEquals(null, ref.get());
    }
  }
}
