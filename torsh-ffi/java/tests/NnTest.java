// SPDX-License-Identifier: MIT OR Apache-2.0
import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertSame;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import org.junit.Test;
import org.torsh.DType;
import org.torsh.Device;
import org.torsh.FileFormatException;
import org.torsh.InvalidValueException;
import org.torsh.Scope;
import org.torsh.ShapeMismatchException;
import org.torsh.StateDict;
import org.torsh.Tensor;
import org.torsh.Torsh;
import org.torsh.TorshException;
import org.torsh.nn.*;
import org.torsh.optim.*;

public class NnTest {
  private static final class Net extends org.torsh.nn.Module {
    private final Linear first = register("first", new Linear(2, 4));
    private final Tensor scale = registerParameter("scale", Torsh.ones(1));
    private final Tensor count = registerBuffer("count", Torsh.zeros(1), true);

    @Override
    public Tensor forward(Tensor x) {
      count.add_(1);
      return first.call(x).relu().mul(scale);
    }

    void again(String name) {
      register(name, new ReLU());
    }
  }

  @Test
  public void everyLayer() {
    Tensor image = Torsh.rand(2, 3, 8, 8);
    Tensor rows = Torsh.rand(4, 6);
    assertArrayEquals(new long[] {2, 5, 8, 8}, new Conv2d(3, 5, 3, 1, 1).call(image).shape());
    assertArrayEquals(new long[] {2, 5, 3, 3}, new Conv2d(3, 5, 3, 2, 0).call(image).shape());
    assertArrayEquals(new long[] {2, 3, 4, 4}, new MaxPool2d(2).call(image).shape());
    assertArrayEquals(new long[] {2, 3, 4, 4}, new AvgPool2d(2).call(image).shape());
    assertArrayEquals(new long[] {2, 3, 1, 2}, new AdaptiveAvgPool2d(1, 2).call(image).shape());
    assertArrayEquals(new long[] {2, 192}, new Flatten().call(image).shape());
    assertArrayEquals(new long[] {2, 3, 8, 8}, new BatchNorm2d(3).call(image).shape());
    assertArrayEquals(new long[] {4, 6}, new BatchNorm1d(6, 1e-5, null, true, true).call(rows).shape());
    assertArrayEquals(new long[] {4, 6}, new LayerNorm(6).call(rows).shape());
    for (org.torsh.nn.Module m : new org.torsh.nn.Module[] {new ReLU(), new Sigmoid(), new Tanh(), new SiLU(), new GELU(),
        new GELU("tanh"), new LeakyReLU(), new Softmax(1), new Dropout()}) {
      assertArrayEquals(m.type(), new long[] {4, 6}, m.call(rows).shape());
    }
    assertArrayEquals(new long[] {3, 2}, new Embedding(5, 2).call(Torsh.arange(3)).shape());
    assertEquals(0, new Embedding(5, 2, 1).weight().get(1).abs().sum().item(), 0);
    assertNull(new Linear(2, 3, false).bias());
    assertThrows(InvalidValueException.class, () -> new GELU("nonsense"));
    assertThrows(TorshException.class, () -> new Linear(-1, 2));
  }

  @Test
  public void oneOfOnesOwn() {
    Net net = new Net();
    assertEquals("Net", net.type());
    assertEquals(List.of("scale", "first.weight", "first.bias"), new ArrayList<>(net.namedParameters().keySet()));
    Sequential all = new Sequential(net, new Linear(4, 1));
    all.call(Torsh.ones(3, 2)).sum().backward();
    assertEquals(1, net.count.item(), 0);
    assertTrue(net.scale.grad() != null);
    all.zeroGrad();
    assertNull(net.scale.grad());
    assertEquals(List.of("0.count"), new ArrayList<>(all.namedBuffers().keySet()));
    assertTrue(all.isTraining());
    assertFalse(all.eval().isTraining());
    assertFalse(net.isTraining());
    all.to(DType.FLOAT64).to(Device.CPU);
    assertEquals(DType.FLOAT64, net.scale.dtype());
    ShapeMismatchException e = assertThrows(ShapeMismatchException.class, () -> all.call(Torsh.ones(new long[] {3, 3}, DType.FLOAT64)));
    assertTrue(e.getMessage(), e.getMessage().contains("Linear"));
    assertThrows(InvalidValueException.class, () -> new Net().again("first"));
  }

  @Test
  public void anExceptionOfJavaComesThroughAsItself() {
    RuntimeException thrown = new NoSuchElementException("mine");
    org.torsh.nn.Module bad = new org.torsh.nn.Module() {
      @Override
      public Tensor forward(Tensor x) {
        throw thrown;
      }
    };
    assertSame(thrown, assertThrows(NoSuchElementException.class, () -> new Sequential(new ReLU(), bad).call(Torsh.ones(1))));
    org.torsh.nn.Module nothing = new org.torsh.nn.Module() {
      @Override
      public Tensor forward(Tensor x) {
        return null;
      }
    };
    assertThrows(NullPointerException.class, () -> nothing.call(Torsh.ones(1)));
    org.torsh.nn.Module error = new org.torsh.nn.Module() {
      @Override
      public Tensor forward(Tensor x) {
        throw new StackOverflowError();
      }
    };
    assertThrows(StackOverflowError.class, () -> error.call(Torsh.ones(1)));
  }

  @Test
  public void aModuleThatOnlyTheLibraryHolds() throws Exception {
    Sequential all = new Sequential();
    all.add(new Net()); // Java's Sequential holds it
    for (int i = 0; i < 20; i++) {
      System.gc();
      Thread.sleep(2);
      all.call(Torsh.ones(1, 2));
    }
  }

  @Test
  public void statesInFiles() throws Exception {
    Path folder = Files.createTempDirectory("torsh-test-\u00e4\ud83d\ude00");
    Sequential a = new Sequential(new Linear(2, 3), new BatchNorm1d(3));
    Sequential b = new Sequential(new Linear(2, 3), new BatchNorm1d(3));
    for (String file : new String[] {"a.pt", "a.safetensors"}) {
      Path path = folder.resolve(file);
      if (file.endsWith("pt")) {
        a.stateDict().save(path);
      } else {
        a.stateDict().saveSafetensors(path);
      }
      StateDict state = StateDict.load(path);
      assertEquals(a.stateDict().names(), state.names());
      b.tensor("0.weight").detach().zero_();
      b.loadStateDict(state);
      assertTrue(Torsh.equal(a.tensor("0.weight"), b.tensor("0.weight")));
      for (var entry : state) {
        assertTrue(entry.getKey(), Torsh.equal(entry.getValue(), a.stateDict().get(entry.getKey())));
      }
      Files.delete(path);
    }
    StateDict own = new StateDict().put("x", Torsh.ones(2)).put("\u00fc", Torsh.zeros(1));
    assertEquals(List.of("x", "\u00fc"), own.names());
    assertEquals(2, own.size());
    assertNull(own.get("y"));
    assertThrows(InvalidValueException.class, () -> b.loadStateDict(own));
    b.loadStateDict(own, false);
    assertThrows(FileFormatException.class, () -> StateDict.load(folder.resolve("none.pt")));
    assertThrows(NullPointerException.class, () -> own.put("z", null));
    assertThrows(NullPointerException.class, () -> own.put(null, Torsh.ones(1)));
    Files.delete(folder);
  }

  private static double trained(java.util.function.Function<List<Tensor>, Optimizer> make) {
    Torsh.manualSeed(1);
    Sequential net = new Sequential(new Linear(2, 16), new Tanh(), new Linear(16, 1));
    Tensor x = Torsh.randn(64, 2);
    Tensor y = x.select(1, 0).mul(x.select(1, 1)).unsqueeze(1);
    Optimizer o = make.apply(net.parameters());
    double last = 0;
    for (int i = 0; i < 60; i++) {
      try (Scope scope = new Scope()) {
        o.zeroGrad();
        Tensor loss = Functional.mseLoss(net.call(x), y);
        loss.backward();
        o.step();
        last = loss.item();
      }
    }
    return last;
  }

  @Test
  public void everyOptimizer() {
    double start = trained(p -> new SGD(p, 0));
    assertTrue(trained(p -> new SGD(p, 0.1, 0.9)) < start * 0.9);
    assertTrue(trained(p -> new Adam(p, 0.01)) < start * 0.9);
    assertTrue(trained(p -> new AdamW(p, 0.01)) < start * 0.9);
    assertTrue(trained(p -> new Adadelta(p)) < start * 0.9);
    assertEquals(trained(p -> new Adam(p, 0.01)), trained(p -> new Adam(p, 0.01)), 0);
    Tensor w = Torsh.ones(2).requiresGrad_(true);
    Adam a = new Adam(List.of(w), 0.5);
    w.sum().backward();
    a.step();
    assertEquals(0.5, w.get(0).item(), 1e-6);
    Adam b = new Adam(List.of(w));
    b.loadStateDict(a.stateDict());
    assertEquals(0.5, b.lr(), 0);
    b.setLr(0.25);
    assertEquals(0.25, b.lr(), 0);
    assertTrue(a.stateDict().names().contains("0.exp_avg"));
    assertThrows(InvalidValueException.class, () -> new SGD(List.of(), 0.1));
    assertThrows(InvalidValueException.class, () -> new SGD(List.of(w), -1));
    assertThrows(NullPointerException.class, () -> new SGD(List.of(w), 0.1).loadStateDict(null));
  }

  @Test
  public void functional() {
    Tensor x = Torsh.rand(4, 3);
    Tensor y = Tensor.of(new long[] {0, 1, 2, 0});
    double mean = Functional.crossEntropy(x, y).item();
    assertEquals(mean * 4, Functional.crossEntropy(x, y, null, -100, Reduction.SUM, 0).item(), 1e-5);
    assertEquals(mean, Functional.nllLoss(Functional.logSoftmax(x, 1), y).item(), 1e-6);
    assertEquals(0.25, Functional.mseLoss(Torsh.zeros(4), Torsh.full(new long[] {4}, 0.5)).item(), 0);
    assertEquals(Math.log(2), Functional.binaryCrossEntropyWithLogits(Torsh.zeros(2), Torsh.ones(2)).item(), 1e-6);
    assertTrue(Torsh.equal(Functional.relu(x.sub(0.5)), x.sub(0.5).clamp(0, null)));
    assertThrows(InvalidValueException.class, () -> Functional.dropout(x, 2, true));
    assertThrows(ShapeMismatchException.class, () -> Functional.binaryCrossEntropyWithLogits(x, Torsh.ones(2)));
    assertEquals(2.0, Init.constant_(Torsh.empty(2), 2).get(0).item(), 0);
    assertTrue(Init.kaimingUniform_(Torsh.empty(8, 8), 0, "fan_in", "relu", null).abs().max().item() > 0);
    assertEquals(Math.sqrt(2), Init.calculateGain("relu", 0), 1e-12);
  }
}
