// SPDX-License-Identifier: MIT OR Apache-2.0
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.torsh.DType;
import org.torsh.Device;
import org.torsh.MemoryFormat;
import org.torsh.Operator;
import org.torsh.Operators;
import org.torsh.Tensor;
import org.torsh.Torsh;

/** A method of {@link Operators}, called with arguments by position or by the schema's names. */
final class Schema {
  private static final Map<String, Schema> ALL = new HashMap<>();
  private static final Pattern ARGUMENT = Pattern.compile("\\s*([^ ]+(?: -> \\*\\)\\S*)?) (\\w+)(?:=(.*))?");

  final Method method;
  final String name;
  final List<Argument> arguments = new ArrayList<>();

  record Argument(String type, String name, String initial, boolean keyword) {}

  static {
    for (Method m : Operators.class.getMethods()) {
      Operator o = m.getAnnotation(Operator.class);
      if (o != null) {
        ALL.put(o.name(), new Schema(m, o.name(), o.schema()));
      }
    }
  }

  private Schema(Method method, String name, String schema) {
    this.method = method;
    this.name = name;
    boolean keyword = false;
    for (String part : split(schema.substring(schema.indexOf('(') + 1, schema.lastIndexOf(") -> ")))) {
      if (part.trim().equals("*")) {
        keyword = true;
        continue;
      }
      Matcher m = ARGUMENT.matcher(part);
      if (!m.matches()) {
        throw new AssertionError(schema + ": " + part);
      }
      if (!m.group(1).startsWith("Layout") && !m.group(2).equals("pin_memory")) {
        arguments.add(new Argument(m.group(1), m.group(2), m.group(3), keyword));
      }
    }
    int outs = method.getParameterCount() - arguments.size();
    for (int i = 0; i < outs; i++) {
      arguments.add(new Argument("Tensor", outs == 1 ? "out" : "out" + i, null, true));
    }
  }

  private static List<String> split(String text) {
    List<String> out = new ArrayList<>();
    int depth = 0;
    int start = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      depth += c == '(' || c == '[' ? 1 : c == ')' || c == ']' ? -1 : 0;
      if (c == ',' && depth == 0) {
        out.add(text.substring(start, i));
        start = i + 1;
      }
    }
    if (start < text.length()) {
      out.add(text.substring(start));
    }
    return out;
  }

  static Schema of(String name) {
    Schema s = ALL.get(name);
    if (s == null) {
      throw new AssertionError("no operator " + name);
    }
    return s;
  }

  static List<Schema> all() {
    return ALL.values().stream().sorted((a, b) -> a.name.compareTo(b.name)).toList();
  }

  Object call(Map<String, Object> given) {
    Class<?>[] types = method.getParameterTypes();
    Object[] values = new Object[types.length];
    int positional = 0;
    int used = 0;
    for (int i = 0; i < values.length; i++) {
      Argument a = arguments.get(i);
      String at = a.keyword ? "" : Integer.toString(positional++);
      if (given.containsKey(at) || given.containsKey(a.name)) {
        values[i] = convert(given.containsKey(at) ? given.get(at) : given.get(a.name), types[i]);
        used++;
      } else {
        values[i] = initial(a, types[i]);
      }
    }
    if (used != given.size()) {
      throw new AssertionError(name + " does not take " + given);
    }
    return invoke(values);
  }

  Object invoke(Object... values) {
    try {
      return method.invoke(null, values);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException r) {
        throw r;
      }
      throw new AssertionError(name, e.getCause());
    } catch (IllegalAccessException e) {
      throw new AssertionError(e);
    }
  }

  private Object initial(Argument a, Class<?> type) {
    String d = a.initial;
    if (d == null && !a.type.endsWith("?")) {
      throw new AssertionError(name + " needs " + a.name);
    }
    if (d == null || d.equals("None")) {
      return null;
    }
    if (d.startsWith("'")) {
      return d.substring(1, d.length() - 1);
    }
    if (d.startsWith("[")) {
      String inner = d.substring(1, d.length() - 1);
      return inner.isEmpty() ? new long[0] : java.util.Arrays.stream(inner.split(",")).mapToLong(s -> Long.parseLong(s.trim())).toArray();
    }
    return switch (d) {
      case "True" -> convert(true, type);
      case "False" -> convert(false, type);
      case "Mean" -> 1L;
      case "long" -> DType.INT64;
      case "contiguous_format", "preserve_format" -> MemoryFormat.valueOf(d.toUpperCase(Locale.ROOT));
      default -> convert(d.matches("-?[0-9]+") ? (Object) Long.parseLong(d) : (Object) Program.real(d), type);
    };
  }

  private static Object convert(Object value, Class<?> type) {
    if (value == null || type.isInstance(value) && type != Number.class) {
      return value;
    }
    if (type == double.class) {
      return ((Number) value).doubleValue();
    }
    if (type == Number.class && value instanceof Boolean b) {
      return Torsh.number(b);
    }
    if (type == DType.class) {
      return DType.valueOf(((String) value).toUpperCase(Locale.ROOT));
    }
    if (type == Device.class) {
      return Device.of((String) value);
    }
    if (type == MemoryFormat.class) {
      return MemoryFormat.valueOf(((String) value).toUpperCase(Locale.ROOT));
    }
    if (type == long[].class) {
      return value instanceof Long n ? new long[] {n} : ((List<?>) value).stream().mapToLong(v -> (Long) v).toArray();
    }
    if (type == Tensor[].class) {
      return ((List<?>) value).toArray(new Tensor[0]);
    }
    return value;
  }

  static List<Tensor> results(Object result) {
    if (result instanceof Tensor t) {
      return List.of(t);
    }
    if (result instanceof Tensor[] all) {
      return List.of(all);
    }
    List<Tensor> out = new ArrayList<>();
    try {
      for (RecordComponent c : result.getClass().getRecordComponents()) {
        out.add((Tensor) c.getAccessor().invoke(result));
      }
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
    return out;
  }
}
