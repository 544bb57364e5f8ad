// SPDX-License-Identifier: MIT OR Apache-2.0
// Trains a two-layer network on handwritten digits; the same program as examples/c/train_mlp.c, to the last bit.
//     java -cp torsh.jar examples/java/TrainMlp.java [DATA]    trains, and says how many test images it gets right
//     … DATA FILE          saves the network there as well
//     … DATA --load FILE   tests a saved one instead
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.torsh.NoGrad;
import org.torsh.Scope;
import org.torsh.StateDict;
import org.torsh.Tensor;
import org.torsh.Torsh;
import org.torsh.nn.Functional;
import org.torsh.nn.Linear;
import org.torsh.nn.ReLU;
import org.torsh.nn.Sequential;
import org.torsh.optim.Adam;

public class TrainMlp {
  static final int PIXELS = 64;
  static final int CLASSES = 10;
  static final int EPOCHS = 30;
  static final int BATCH = 32;

  record Digits(Tensor x, Tensor y) {
    static Digits of(List<String> lines) {
      float[] x = new float[lines.size() * PIXELS];
      long[] y = new long[lines.size()];
      for (int i = 0; i < y.length; i++) {
        String[] numbers = lines.get(i).trim().split(",");
        for (int p = 0; p < PIXELS; p++) {
          x[i * PIXELS + p] = Float.parseFloat(numbers[p]) / 16;
        }
        y[i] = Long.parseLong(numbers[PIXELS]);
      }
      return new Digits(Tensor.of(x, y.length, PIXELS), Tensor.of(y));
    }
  }

  static double accuracy(Sequential net, Digits test) {
    try (var noGrad = new NoGrad(); var scope = new Scope()) {
      Tensor logits = net.call(test.x);
      System.out.print("logits of the first test image");
      for (float value : logits.get(0).toFloatArray()) {
        System.out.print(" " + new BigDecimal(value).round(new MathContext(9)).toPlainString());
      }
      System.out.println();
      long right = logits.argmax(1).eq(test.y).sum().itemLong();
      return 100.0 * right / test.y.numel();
    }
  }

  static void fit(Sequential net, Digits digits) {
    Adam adam = new Adam(net.parameters(), 0.002);
    long n = digits.y.numel();
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
      Tensor order = Torsh.randperm(n);
      double total = 0;
      for (long start = 0; start < n; start += BATCH) {
        try (var scope = new Scope()) {
          Tensor picked = order.narrow(0, start, Math.min(BATCH, n - start));
          adam.zeroGrad();
          Tensor out = net.call(digits.x.indexSelect(0, picked));
          Tensor loss = Functional.crossEntropy(out, digits.y.indexSelect(0, picked));
          loss.backward();
          adam.step();
          total += loss.item() * picked.numel();
        }
      }
      if (epoch % 5 == 4) {
        System.out.printf("epoch %2d  loss %s%n", epoch + 1, total / n);
      }
    }
  }

  public static void main(String[] args) throws Exception {
    boolean loads = args.length == 3 && args[1].equals("--load");
    List<String> train = new ArrayList<>();
    List<String> test = new ArrayList<>();
    List<String> lines = Files.readAllLines(Path.of(args.length > 0 ? args[0] : "examples/data/digits.csv"));
    for (int i = 0; i < lines.size(); i++) {
      (i % 4 == 3 ? test : train).add(lines.get(i)); // every fourth image is a test image
    }
    Torsh.manualSeed(0);
    Sequential net = new Sequential(new Linear(PIXELS, 128), new ReLU(), new Linear(128, CLASSES));
    if (loads) {
      net.loadStateDict(StateDict.load(args[2]));
    } else {
      fit(net, Digits.of(train));
    }
    if (args.length == 2) {
      net.stateDict().save(args[1]);
    }
    System.out.printf("test accuracy %.2f %%%n", accuracy(net, Digits.of(test)));
  }
}
