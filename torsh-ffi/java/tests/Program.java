// SPDX-License-Identifier: MIT OR Apache-2.0
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.torsh.DType;
import org.torsh.Tensor;
import org.torsh.TorshFailure;
import org.torsh.Torsh;

/** A program of torsh-ffi/tests/programs.txt, which says what its lines mean. */
final class Program {
  final String name;
  private final List<String> lines = new ArrayList<>();
  private final Map<String, Tensor> variables = new HashMap<>();
  int compared;

  private Program(String name) {
    this.name = name;
  }

  static List<Program> read(Path file) throws IOException {
    List<Program> all = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      if (line.startsWith("program ")) {
        all.add(new Program(line.substring("program ".length()).trim()));
      } else if (!line.isBlank() && !line.startsWith("#")) {
        all.get(all.size() - 1).lines.add(line.trim());
      }
    }
    return all;
  }

  void run() {
    for (String line : lines) {
      try {
        step(line);
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError(name + ": " + line + ": " + e, e);
      }
    }
  }

  private void step(String line) {
    String[] words = words(line);
    switch (words[0]) {
      case "seed" -> Torsh.manualSeed(Long.parseLong(words[1]));
      case "requires_grad" -> variable(words[1]).requiresGrad_(true);
      case "backward" -> variable(words[1]).backward();
      case "expect" -> expect(words);
      case "error" -> error(words);
      default -> assign(line);
    }
  }

  private void assign(String line) {
    String[] sides = line.split(" = ", 2);
    String[] names = sides[0].split(", *");
    String[] words = words(sides[1]);
    Object result;
    if (words[0].equals("tensor")) {
      result = tensor(words);
    } else if (words[0].equals("grad")) {
      result = variable(words[1]).grad();
    } else {
      result = Schema.of(words[0]).call(arguments(words, 1));
    }
    List<Tensor> results = Schema.results(result);
    if (results.size() != names.length) {
      throw new AssertionError(results.size() + " results for " + names.length + " names");
    }
    for (int i = 0; i < names.length; i++) {
      variables.put(names[i], results.get(i));
    }
  }

  private void error(String[] words) {
    Object result;
    try {
      result = Schema.of(words[2]).call(arguments(words, 3));
    } catch (RuntimeException e) {
      if (!(e instanceof TorshFailure f) || !f.status().equals(words[1])) {
        throw e;
      }
      compared++;
      return;
    }
    throw new AssertionError("succeeds: " + result);
  }

  // ---- values ----

  /** tensor DTYPE SHAPE : V... from words[at]. */
  private record Values(DType dtype, long[] shape, double[] floats, long[] integers) {
    static Values of(String[] words, int at) {
      DType dtype = DType.valueOf(words[at].toUpperCase(java.util.Locale.ROOT));
      String shape = words[at + 1];
      long[] sizes = shape.equals("-") ? new long[0] : Arrays.stream(shape.split(",")).mapToLong(Long::parseLong).toArray();
      List<String> values = Arrays.asList(words).subList(at + 3, words.length);
      return dtype.isFloatingPoint()
          ? new Values(dtype, sizes, values.stream().mapToDouble(Program::real).toArray(), null)
          : new Values(dtype, sizes, null, values.stream().mapToLong(Long::parseLong).toArray());
    }
  }

  static double real(String text) {
    return switch (text) {
      case "nan", "-nan" -> Double.NaN;
      case "inf" -> Double.POSITIVE_INFINITY;
      case "-inf" -> Double.NEGATIVE_INFINITY;
      default -> Double.parseDouble(text.matches("-?0x[^p]*") ? text + "p0" : text);
    };
  }

  private static Tensor tensor(String[] words) {
    Values v = Values.of(words, 1);
    Tensor wide = v.floats != null ? Tensor.of(v.floats, v.shape) : Tensor.of(v.integers, v.shape);
    // a list without numbers has no shape of its own
    return (v.shape.length == 0 ? wide.reshape() : wide).to(v.dtype);
  }

  private void expect(String[] words) {
    Values v = Values.of(words, 2);
    Tensor t = variable(words[1]);
    if (t.dtype() != v.dtype || !Arrays.equals(t.shape(), v.shape)) {
      throw new AssertionError("is " + t.dtype() + " " + Arrays.toString(t.shape()));
    }
    boolean same;
    if (v.floats != null) { // exact in double
      double[] actual = t.detach().to(DType.FLOAT64).toDoubleArray();
      same = Arrays.equals(actual, v.floats); // by bits, one nan equal to another
    } else {
      same = Arrays.equals(t.to(DType.INT64).toLongArray(), v.integers);
    }
    if (!same) {
      throw new AssertionError("is " + t);
    }
    compared++;
  }

  // ---- arguments ----

  /** At blanks outside brackets and quotes. */
  private static String[] words(String line) {
    List<String> out = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    int depth = 0;
    boolean quoted = false;
    for (char c : (line + " ").toCharArray()) {
      quoted ^= c == '\'';
      depth += c == '[' ? 1 : c == ']' ? -1 : 0;
      if (c != ' ' || depth > 0 || quoted) {
        word.append(c);
      } else if (word.length() > 0) {
        out.add(word.toString());
        word.setLength(0);
      }
    }
    return out.toArray(new String[0]);
  }

  private Tensor variable(String name) {
    Tensor t = variables.get(name);
    if (t == null) {
      throw new AssertionError("no variable " + name);
    }
    return t;
  }

  /** By position ("0", "1" …) or name. */
  private Map<String, Object> arguments(String[] words, int from) {
    Map<String, Object> out = new HashMap<>();
    for (int i = from; i < words.length; i++) {
      String[] named = words[i].startsWith("'") ? new String[] {words[i]} : words[i].split("=", 2);
      out.put(named.length == 2 ? named[0] : Integer.toString(i - from), value(named[named.length - 1]));
    }
    return out;
  }

  /** Long, Double, Boolean, Tensor, List of these, String (text, or what may be a dtype), null. */
  private Object value(String text) {
    if (variables.containsKey(text)) {
      return variables.get(text);
    }
    if (text.startsWith("[")) {
      String inner = text.substring(1, text.length() - 1).trim();
      return inner.isEmpty() ? List.of() : Arrays.stream(inner.split(", *")).map(this::value).toList();
    }
    if (text.startsWith("'")) {
      return text.substring(1, text.length() - 1);
    }
    if (text.matches("-?[0-9]+")) {
      return Long.parseLong(text);
    }
    if (text.matches("-?(0x)?[0-9.].*|-?inf|nan")) {
      return real(text);
    }
    return switch (text) {
      case "none" -> null;
      case "true" -> true;
      case "false" -> false;
      default -> text;
    };
  }
}
