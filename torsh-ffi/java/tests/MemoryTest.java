// SPDX-License-Identifier: MIT OR Apache-2.0
import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.Test;
import org.torsh.DType;
import org.torsh.Scope;
import org.torsh.Tensor;
import org.torsh.Torsh;
import org.torsh.nn.Linear;
import org.torsh.nn.Module;

public class MemoryTest {
  private static final long MB = 1 << 20;

  private static long resident() throws Exception {
    return Long.parseLong(Files.readString(Path.of("/proc/self/statm")).split(" ")[1]) * 4096;
  }

  /** Runs n steps, after as many that warm up; how much the process has grown. */
  private static long growth(String what, int warm, int n, Runnable step) throws Exception {
    for (int i = 0; i < warm; i++) {
      step.run();
    }
    long before = resident();
    for (int i = 0; i < n; i++) {
      step.run();
    }
    long after = resident();
    System.out.printf("%s: %d MB, after %d more %d MB%n", what, before / MB, n, after / MB);
    return after - before;
  }

  @Test
  public void aMillionTensorsThatNobodyCloses() throws Exception {
    Tensor a = Torsh.rand(256); // 1 KiB each: a gigabyte, were they kept
    assertTrue(growth("collector", 200_000, 1_000_000, () -> a.add(1)) < 150 * MB);
  }

  @Test
  public void aMillionTensorsInScopes() throws Exception {
    Tensor a = Torsh.rand(256);
    long held = Torsh.bytesHeld();
    assertTrue(
        growth("scope", 2000, 10_000, () -> {
          try (Scope scope = new Scope()) {
            for (int i = 0; i < 100; i++) {
              a.add(1);
            }
          }
        }) < 100 * MB);
    assertTrue(Torsh.bytesHeld() <= held);
  }

  @Test
  public void viewsOfALargeTensorCostLittle() throws Exception {
    Tensor large = Torsh.zeros(4 << 20);
    long before = Torsh.bytesHeld();
    Tensor view = large.view(2, -1);
    Tensor[] halves = large.split(2 << 20);
    assertTrue(Torsh.bytesHeld() - before < 4096);
    assertEquals(2, halves.length);
    view.close();
    assertTrue(growth("views", 100_000, 500_000, () -> large.narrow(0, 1, 2)) < 150 * MB);
  }

  @Test
  public void largeTensors() throws Exception {
    assertTrue(growth("large", 100, 1000, () -> Torsh.zeros(1 << 20).add(1)) < 200 * MB);
  }

  @Test
  public void graphsGo() throws Exception {
    Tensor w = Torsh.rand(64, 64).requiresGrad_(true);
    assertTrue(growth("graphs", 2000, 10_000, () -> {
      w.matmul(w).sum().backward();
      w.setGrad(null);
    }) < 150 * MB);
  }

  @Test
  public void scopes() {
    Tensor outside = Torsh.ones(1);
    Tensor inner;
    Tensor kept;
    Tensor twice;
    try (Scope scope = new Scope()) {
      inner = Torsh.ones(2);
      kept = scope.keep(Torsh.ones(3));
      try (Scope within = new Scope()) {
        twice = within.keep(Torsh.ones(4));
      }
      assertFalse(twice.isClosed());
    }
    assertFalse(outside.isClosed());
    assertTrue(inner.isClosed());
    assertTrue(twice.isClosed());
    assertFalse(kept.isClosed());
    assertThrows(IllegalStateException.class, () -> inner.add(1));
    Scope left = new Scope();
    Scope forgotten = new Scope();
    Tensor t = Torsh.ones(1);
    left.close(); // and the one inside
    assertTrue(t.isClosed());
    forgotten.close();
    left.close();
    assertThrows(IllegalStateException.class, () -> left.keep(outside));
    assertFalse(Torsh.ones(1).isClosed());
  }

  private static <T> void gone(WeakReference<T> ref) throws Exception {
    for (int i = 0; i < 100 && ref.get() != null; i++) {
      System.gc();
      Thread.sleep(10);
    }
    assertTrue("was collected", ref.get() == null);
  }

  @Test
  public void theBufferOfATensorIsKeptAndLetGo() throws Exception {
    ByteBuffer buffer = ByteBuffer.allocateDirect(8).order(ByteOrder.nativeOrder());
    buffer.putFloat(0, 3);
    WeakReference<ByteBuffer> ref = new WeakReference<>(buffer);
    Tensor t = Tensor.of(buffer, DType.FLOAT32, 2);
    Tensor view = t.narrow(0, 0, 1);
    buffer = null;
    t.close();
    for (int i = 0; i < 5; i++) {
      System.gc();
      assertArrayEquals(new float[] {3}, view.toFloatArray(), 0);
    }
    assertTrue(ref.get() != null);
    view.close();
    gone(ref);
  }

  private static final class Own extends Module {
    final Linear linear = register("linear", new Linear(2, 2));

    @Override
    public Tensor forward(Tensor x) {
      return linear.call(x);
    }
  }

  @Test
  public void modulesOfJavaAreCollected() throws Exception {
    Own own = new Own();
    own.call(Torsh.ones(1, 2));
    WeakReference<Own> ref = new WeakReference<>(own);
    own = null;
    gone(ref);
  }
}
