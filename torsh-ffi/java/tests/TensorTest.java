// SPDX-License-Identifier: MIT OR Apache-2.0
import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotSame;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertSame;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.Test;
import org.torsh.Autograd;
import org.torsh.DType;
import org.torsh.DTypeException;
import org.torsh.Device;
import org.torsh.DeviceException;
import org.torsh.Generator;
import org.torsh.Index;
import org.torsh.InvalidValueException;
import org.torsh.NoGrad;
import org.torsh.OutOfRangeException;
import org.torsh.ShapeMismatchException;
import org.torsh.StateException;
import org.torsh.Tensor;
import org.torsh.Torsh;
import org.torsh.TorshException;

public class TensorTest {
  private static float[] floats(Tensor t) {
    return t.toFloatArray();
  }

  @Test
  public void arraysInAndOut() {
    assertArrayEquals(new float[] {1, -2.5f}, Tensor.of(new float[] {1, -2.5f}).toFloatArray(), 0);
    assertArrayEquals(new double[] {1e300}, Tensor.of(new double[] {1e300}).reshape(1).toDoubleArray(), 0);
    assertArrayEquals(new long[] {Long.MIN_VALUE, 7}, Tensor.of(new long[] {Long.MIN_VALUE, 7}).toLongArray());
    assertArrayEquals(new int[] {-1, 2, 3}, Tensor.of(new int[] {-1, 2, 3}).toIntArray());
    assertArrayEquals(new boolean[] {true, false}, Tensor.of(new boolean[] {true, false}).toBooleanArray());
    assertEquals(DType.UINT8, Tensor.of(new byte[] {1, -1}).dtype());
    assertArrayEquals(new byte[] {1, -1}, Tensor.of(new byte[] {1, -1}).toBytes());
    assertEquals(DType.INT16, Tensor.of(new short[] {1, 2}).dtype());
    assertArrayEquals(new long[] {2, 3}, Tensor.of(new float[6], 2, 3).shape());
    assertArrayEquals(new long[] {0, 3}, Tensor.of(new float[0], 0, 3).shape());
    assertArrayEquals(new long[0], Tensor.of(new float[] {4}).shape());
    Tensor half = Tensor.ofBytes(new byte[] {0, 0x3c, 0, (byte) 0xc0}, DType.FLOAT16, 2);
    assertArrayEquals(new float[] {1, -2}, floats(half.to(DType.FLOAT32)), 0);
    assertArrayEquals(new float[] {1, 3, 2, 4}, floats(Tensor.of(new float[] {1, 2, 3, 4}, 2, 2).t()), 0);
    assertThrows(ShapeMismatchException.class, () -> Tensor.of(new float[5], 2, 3));
    assertThrows(ShapeMismatchException.class, () -> Tensor.of(new float[5], -1));
    assertThrows(ShapeMismatchException.class, () -> Tensor.of(new float[1], 1L << 62, 4));
    assertThrows(ShapeMismatchException.class, () -> Tensor.of(new float[1], 0));
    assertThrows(DTypeException.class, () -> Tensor.of(new long[2]).toFloatArray());
    assertThrows(NullPointerException.class, () -> Tensor.ofBytes(new byte[4], null, 1));
  }

  @Test
  public void buffersShareMemory() {
    ByteBuffer buffer = ByteBuffer.allocateDirect(24).order(ByteOrder.nativeOrder());
    buffer.position(8);
    Tensor t = Tensor.of(buffer, DType.FLOAT32, 2, 2);
    buffer.putFloat(8, 5);
    assertEquals(5, t.get(Index.at(0), Index.at(0)).item(), 0);
    t.add_(1);
    assertEquals(6, buffer.getFloat(8), 0);
    ByteBuffer own;
    try (Tensor made = Torsh.ones(3)) {
      own = made.asByteBuffer();
      own.putFloat(4, 9);
      assertArrayEquals(new float[] {1, 9, 1}, floats(made), 0);
    }
    for (int i = 0; i < 50; i++) { // what was freed would be given out again
      Torsh.zeros(3);
    }
    assertEquals(9, own.getFloat(4), 0);
    assertEquals(12, own.remaining());
    assertThrows(IllegalArgumentException.class, () -> Tensor.of(ByteBuffer.allocate(8), DType.FLOAT32, 2));
    assertThrows(IllegalArgumentException.class, () -> Tensor.of(ByteBuffer.allocateDirect(8), DType.FLOAT32, 2));
    assertThrows(ShapeMismatchException.class, () -> Tensor.of(buffer, DType.FLOAT32, 5));
    assertThrows(StateException.class, () -> Torsh.ones(2, 3).t().asByteBuffer());
    assertEquals(0, Torsh.ones(0).asByteBuffer().remaining());
  }

  @Test
  public void overloads() {
    Tensor a = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2);
    assertArrayEquals(new float[] {2, 4, 6, 8}, floats(a.add(a)), 0);
    assertArrayEquals(new float[] {3, 4, 5, 6}, floats(a.add(2)), 0);
    assertArrayEquals(new float[] {3, 6, 9, 12}, floats(a.add(a, 2)), 0);
    assertArrayEquals(new float[] {3, 7}, floats(a.sum(1)), 0);
    assertArrayEquals(new long[] {2, 1}, a.sum(1, true).shape());
    assertEquals(10, a.sum().item(), 0);
    assertEquals(10, a.sum(new long[] {0, 1}).item(), 0);
    assertEquals(DType.FLOAT64, a.sum(DType.FLOAT64).dtype());
    assertArrayEquals(new long[] {1, 1}, a.max(1).indices().toLongArray());
    assertArrayEquals(new long[] {4}, a.view(4).shape());
    assertArrayEquals(new long[] {2, 4}, Torsh.cat(new Tensor[] {a, a}, 1).shape());
    assertEquals(2, a.split(1).length);
    assertArrayEquals(new float[] {2, 2}, floats(a.clamp(2, null).get(0)), 0);
    assertEquals(DType.FLOAT64, Torsh.zeros(new long[] {2}, DType.FLOAT64).dtype());
    assertEquals(DType.INT64, Torsh.arange(3).dtype());
    assertEquals(DType.FLOAT32, Torsh.arange(3.0).dtype());
    assertArrayEquals(new long[] {1, 3}, Torsh.arange(1, 5, 2).toLongArray());
    assertEquals(9007199254740993L, Torsh.full(new long[0], 9007199254740993L).itemLong());
    assertSame(a, a.add_(1));
    assertEquals(2, a.get(0).get(0).item(), 0);
    Tensor out = Torsh.empty(2, 2);
    assertSame(out, Torsh.addOut(out, a, a));
    assertArrayEquals(new float[] {4, 6, 8, 10}, floats(out), 0);
    assertTrue(Torsh.equal(a, a.clone()));
    assertTrue(Torsh.allclose(a, a.add(1e-7)));
    assertEquals("tensor([[2., 3.],\n        [4., 5.]])", a.toString());
    assertEquals(Device.CPU, a.device());
    assertEquals(DType.FLOAT64, Torsh.promoteTypes(DType.INT64, DType.FLOAT64));
  }

  @Test
  public void indexing() {
    Tensor a = Torsh.arange(24).reshape(2, 3, 4);
    assertEquals(23, a.get(Index.at(-1), Index.at(-1), Index.at(-1)).itemLong());
    assertArrayEquals(new long[] {2, 3, 2}, a.get(Index.ELLIPSIS, Index.slice(0, 4, 2)).shape());
    assertArrayEquals(new long[] {2, 1, 3, 4}, a.get(Index.ALL, Index.NONE).shape());
    assertArrayEquals(new long[] {12, 0}, a.get(Index.of(Tensor.of(new long[] {1, 0})), Index.at(0), Index.at(0)).toLongArray());
    assertArrayEquals(new long[] {22, 23}, a.get(Index.of(a.gt(21))).toLongArray());
    a.set(Tensor.scalar(0L), Index.at(0), Index.from(1));
    assertEquals(0 + 1 + 2 + 3, a.get(0).sum().itemLong());
    assertThrows(OutOfRangeException.class, () -> a.get(2));
    assertThrows(IndexOutOfBoundsException.class, () -> a.size(3));
    assertThrows(RuntimeException.class, () -> a.get((Index) null));
  }

  @Test
  public void gradients() {
    Tensor x = Tensor.of(new float[] {1, 2, 3}).requiresGrad_(true);
    x.mul(x).sum().backward();
    assertArrayEquals(new float[] {2, 4, 6}, floats(x.grad()), 0);
    x.setGrad(null);
    assertNull(x.grad());
    Tensor y = x.mul(x).mul(x).sum();
    Tensor first = Autograd.grad(new Tensor[] {y}, new Tensor[] {x}, null, true, true, false)[0];
    Tensor second = Autograd.grad(new Tensor[] {first.sum()}, new Tensor[] {x})[0];
    assertArrayEquals(new float[] {6, 12, 18}, floats(second), 0);
    Tensor unused = Torsh.ones(1).requiresGrad_(true);
    assertNull(Autograd.grad(new Tensor[] {x.sum()}, new Tensor[] {unused}, null, false, false, true)[0]);
    Tensor z = x.mul(2);
    z.backward(Tensor.of(new float[] {1, 10, 100}));
    assertArrayEquals(new float[] {2, 20, 200}, floats(x.grad()), 0);
    assertThrows(TorshException.class, () -> z.backward());
    try (var noGrad = new NoGrad()) {
      assertFalse(x.mul(2).requiresGrad());
      assertFalse(Autograd.isGradEnabled());
    }
    assertTrue(x.mul(2).requiresGrad());
    assertTrue(x.isLeaf());
    assertFalse(x.detach().requiresGrad());
    assertThrows(DTypeException.class, () -> Torsh.arange(3).requiresGrad_(true));
    assertNotSame(x.grad(), x.grad());
    Tensor kept = x.mul(1).retainGrad();
    kept.sum().backward();
    assertArrayEquals(new float[] {1, 1, 1}, floats(kept.grad()), 0);
    assertThrows(InvalidValueException.class,
        () -> Autograd.backward(new Tensor[] {x.sum()}, new Tensor[0], false, false));
  }

  @Test
  public void randomNumbers() {
    Torsh.manualSeed(7);
    float[] a = floats(Torsh.rand(5));
    Torsh.manualSeed(7);
    assertArrayEquals(a, floats(Torsh.rand(5)), 0);
    Generator g = new Generator().manualSeed(7);
    assertArrayEquals(a, floats(Torsh.rand(new long[] {5}, g)), 0);
    assertEquals(7, g.initialSeed());
    assertEquals(7, Generator.defaultGenerator().initialSeed());
    assertEquals(5, Torsh.randperm(5, g).numel());
  }

  @Test
  public void values() {
    assertEquals(2.5, Tensor.scalar(2.5).item(), 0);
    assertEquals(DType.FLOAT32, Tensor.scalar(2.5).dtype());
    assertEquals(DType.INT64, Tensor.scalar(2L).dtype());
    assertEquals(2, Tensor.scalar(2.9).itemLong());
    assertTrue(Torsh.ones(2).all().itemBoolean());
    assertThrows(RuntimeException.class, () -> Torsh.ones(2).item());
    assertThrows(InvalidValueException.class, () -> Tensor.scalar(1e30).itemLong());
    assertThrows(DeviceException.class, () -> Torsh.ones(1).to(Device.of("cuda:0")));
    assertThrows(InvalidValueException.class, () -> Device.of("nonsense"));
    assertThrows(IllegalArgumentException.class, () -> Torsh.ones(1).add(java.math.BigInteger.ONE));
    assertEquals(1, Tensor.ofAddress(new ToRSh().tensorFromArray(new float[] {1}, new long[] {1})).item(), 0);
  }
}
