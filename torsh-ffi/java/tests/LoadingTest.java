// SPDX-License-Identifier: MIT OR Apache-2.0
import static org.junit.Assert.assertEquals;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.Test;
import org.torsh.Generator;
import org.torsh.StateDict;
import org.torsh.Tensor;
import org.torsh.Torsh;
import org.torsh.nn.Linear;

/** The first use of the library, alone in its machine: by many threads at once, each with another class. */
public class LoadingTest {
  @Test(timeout = 60_000)
  public void byManyThreads() throws Exception {
    List<Runnable> first = List.of(
        () -> Tensor.of(new float[] {1}), () -> new Linear(1, 1), () -> new Generator(), () -> new StateDict(),
        () -> Torsh.ones(1), () -> Torsh.bytesHeld(), () -> new Linear(1, 1).namedParameters(), () -> Tensor.scalar(1.0));
    AtomicInteger next = new AtomicInteger();
    assertEquals(8, ThreadsTest.together(8, () -> {
      first.get(next.getAndIncrement()).run();
      return 1;
    }).size());
  }
}
