// SPDX-License-Identifier: MIT OR Apache-2.0
// What a + b on four elements costs from Java, in ns of this thread's processor time; best of several rounds.
//     java -cp dist/torsh-0.1.0.jar bench/Add.java
import java.lang.management.ManagementFactory;
import org.torsh.Scope;
import org.torsh.Tensor;

public class Add {
  static final int N = 1_000_000;

  static void measure(String name, Runnable work) {
    double best = Double.POSITIVE_INFINITY;
    for (int round = 0; round < 7; round++) {
      long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      work.run();
      best = Math.min(best, (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start) / (double) N);
    }
    System.out.printf("%-24s %5.0f ns%n", name, best);
  }

  public static void main(String[] args) {
    Tensor a = Tensor.of(new float[] {1, 2, 3, 4});
    Tensor b = Tensor.of(new float[] {5, 6, 7, 8});
    measure("a.add(b).close()", () -> {
      for (int i = 0; i < N; i++) {
        a.add(b).close();
      }
    });
    measure("100 in a scope", () -> {
      for (int i = 0; i < N / 100; i++) {
        try (var scope = new Scope()) {
          for (int k = 0; k < 100; k++) {
            a.add(b);
          }
        }
      }
    });
    measure("left to the collector", () -> {
      for (int i = 0; i < N; i++) {
        a.add(b);
      }
    });
    measure("a.add_(b)", () -> {
      for (int i = 0; i < N; i++) {
        a.add_(b);
      }
    });
  }
}
