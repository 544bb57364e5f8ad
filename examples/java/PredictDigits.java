// SPDX-License-Identifier: MIT OR Apache-2.0
// Loads the network that examples/python/train_digits.py trained, runs it on the test digits, and compares its logits with
// Python's, bit by bit.
//     java -cp torsh.jar examples/java/PredictDigits.java [FOLDER]    (default: this one)
import java.util.Arrays;
import org.torsh.NoGrad;
import org.torsh.StateDict;
import org.torsh.Tensor;
import org.torsh.nn.Conv2d;
import org.torsh.nn.Dropout;
import org.torsh.nn.Flatten;
import org.torsh.nn.Linear;
import org.torsh.nn.MaxPool2d;
import org.torsh.nn.ReLU;
import org.torsh.nn.Sequential;

public class PredictDigits {
  static Sequential network() {
    return new Sequential(
        new Conv2d(1, 32, 3, 1, 1), new ReLU(),
        new Conv2d(32, 64, 3, 1, 1), new ReLU(), new MaxPool2d(2),
        new Flatten(), new Dropout(0.4), new Linear(1024, 128), new ReLU(),
        new Dropout(0.3), new Linear(128, 10));
  }

  public static void main(String[] args) {
    String folder = args.length > 0 ? args[0] : ".";
    StateDict test = StateDict.load(folder + "/digits_test.pt");
    Sequential net = network();
    net.loadStateDict(StateDict.load(folder + "/digits.pt"));
    net.eval();
    try (var noGrad = new NoGrad()) {
      Tensor logits = net.call(test.get("x"));
      boolean same = Arrays.equals(logits.toBytes(), test.get("logits").toBytes());
      long right = logits.argmax(1).eq(test.get("y")).sum().itemLong();
      System.out.printf(
          "Java: %d of %d test digits are right; logits %s Python's to the last bit%n",
          right, logits.size(0), same ? "equal" : "DIFFER from");
      System.exit(same ? 0 : 1);
    }
  }
}
