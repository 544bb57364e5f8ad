// SPDX-License-Identifier: MIT OR Apache-2.0
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.Test;
import org.torsh.Autograd;
import org.torsh.Generator;
import org.torsh.NoGrad;
import org.torsh.Scope;
import org.torsh.Tensor;
import org.torsh.Torsh;
import org.torsh.nn.Functional;
import org.torsh.nn.Linear;
import org.torsh.nn.ReLU;
import org.torsh.nn.Sequential;
import org.torsh.optim.SGD;

public class ThreadsTest {
  static <T> List<T> together(int n, Callable<T> work) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(n);
    List<Future<T>> all = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      all.add(pool.submit(work));
    }
    List<T> results = new ArrayList<>();
    for (Future<T> f : all) {
      results.add(f.get());
    }
    pool.shutdown();
    return results;
  }

  @Test
  public void closeWhileOthersCompute() throws Exception {
    AtomicInteger done = new AtomicInteger();
    AtomicInteger refused = new AtomicInteger();
    for (int round = 0; round < 300; round++) {
      Tensor t = Torsh.ones(1000);
      CountDownLatch started = new CountDownLatch(2);
      Callable<Void> compute = () -> {
        started.countDown();
        for (int i = 0; i < 50; i++) {
          try (Tensor sum = t.add(t)) {
            assertEquals(2, sum.get(999).item(), 0);
            done.incrementAndGet();
          } catch (IllegalStateException e) {
            assertTrue(e.getMessage().contains("closed"));
            refused.incrementAndGet();
          }
        }
        return null;
      };
      Thread closer = new Thread(() -> {
        try {
          started.await();
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
        t.close();
      });
      closer.start();
      together(2, compute);
      closer.join();
      assertTrue(t.isClosed());
    }
    System.out.println(done + " done, " + refused + " refused");
    assertTrue(done.get() > 0 && refused.get() > 0);
  }

  @Test
  public void manyCloseTheSame() throws Exception {
    for (int round = 0; round < 500; round++) {
      Tensor t = Torsh.ones(10);
      together(3, () -> {
        t.close();
        return null;
      });
    }
  }

  @Test
  public void trainingInThreadsGivesTheSameNumbers() throws Exception {
    // the default generator is shared: weights are made first
    List<Sequential> nets = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      Torsh.manualSeed(3);
      nets.add(new Sequential(new Linear(8, 16), new ReLU(), new Linear(16, 3)));
    }
    AtomicInteger next = new AtomicInteger();
    List<Double> losses = together(4, () -> {
      Sequential net = nets.get(next.getAndIncrement());
      SGD sgd = new SGD(net.parameters(), 0.1, 0.9);
      Generator g = new Generator().manualSeed(1);
      Tensor x = Torsh.randn(new long[] {20, 8}, g);
      Tensor y = Torsh.arange(20).remainder(3);
      double last = 0;
      for (int i = 0; i < 100; i++) {
        try (Scope scope = new Scope()) {
          sgd.zeroGrad();
          Tensor loss = Functional.crossEntropy(net.call(x), y);
          loss.backward();
          sgd.step();
          last = loss.item();
        }
      }
      return last;
    });
    for (double l : losses) {
      assertEquals(losses.get(0), l, 0);
    }
    assertTrue(losses.get(0) < 0.8);
  }

  @Test
  public void scopeAndModeBelongToTheirThread() throws Exception {
    try (Scope scope = new Scope(); NoGrad noGrad = new NoGrad()) {
      Tensor mine = Torsh.ones(1).requiresGrad_(true);
      Tensor theirs = together(1, () -> {
        assertTrue(Autograd.isGradEnabled());
        assertThrows(IllegalStateException.class, scope::close);
        assertThrows(IllegalStateException.class, noGrad::close);
        assertThrows(IllegalStateException.class, () -> scope.keep(mine));
        return Torsh.ones(1);
      }).get(0);
      scope.close();
      assertTrue(mine.isClosed());
      assertFalse(theirs.isClosed());
    }
  }
}
