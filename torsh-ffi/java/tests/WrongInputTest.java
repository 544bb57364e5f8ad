// SPDX-License-Identifier: MIT OR Apache-2.0
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;
import static org.junit.Assert.fail;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.junit.Test;
import org.torsh.DType;
import org.torsh.Device;
import org.torsh.Generator;
import org.torsh.InternalException;
import org.torsh.MemoryFormat;
import org.torsh.MissingArgumentException;
import org.torsh.Scope;
import org.torsh.Tensor;
import org.torsh.Torsh;
import org.torsh.TorshFailure;
import org.torsh.internal.Native;

/** Wrong arguments to every operator: a result or an exception of ours, never a crash, nothing left behind. */
public class WrongInputTest {
  private static final long HUGE = 1L << 62;

  private static final List<Function<Random, Object>> TENSORS =
      List.of(
          r -> Torsh.ones(2, 3),
          r -> Torsh.ones(3),
          r -> Torsh.ones(new long[] {2, 3}, DType.INT64),
          r -> Torsh.ones(3, 2),
          r -> Torsh.ones(new long[] {2, 3}, DType.BOOL),
          r -> Torsh.ones(1, 3, 4, 4),
          r -> Torsh.ones(0),
          r -> Torsh.ones(2, 3).t(),
          r -> Torsh.ones(3).expand(2, 3),
          r -> Torsh.ones(2, 3).requiresGrad_(true),
          r -> Torsh.ones(new long[] {2}, DType.FLOAT16),
          r -> Torsh.zeros(new long[] {2, 3}, DType.FLOAT32, new Device(Device.Kind.META, -1)),
          r -> null);

  static Object value(Class<?> type, Random r) {
    if (type == Tensor.class) {
      return TENSORS.get(r.nextInt(TENSORS.size())).apply(r);
    }
    if (type == Tensor[].class) {
      Tensor[] all = new Tensor[r.nextInt(4)];
      for (int i = 0; i < all.length; i++) {
        all[i] = (Tensor) value(Tensor.class, r);
      }
      return r.nextInt(8) == 0 ? null : all;
    }
    if (type == long.class) {
      return pick(r, 0L, 1L, 2L, -1L, 3L, -5L, HUGE, -HUGE, Long.MIN_VALUE, Long.MAX_VALUE);
    }
    if (type == double.class) {
      return pick(r, 0.0, 0.5, 1.0, -1.0, 1e300, Double.NaN, Double.POSITIVE_INFINITY);
    }
    if (type == boolean.class) {
      return r.nextBoolean();
    }
    if (type == Boolean.class) {
      return pick(r, null, true, false);
    }
    if (type == Number.class) {
      return pick(r, null, 1, 2L, -1.5, 0.5f, Torsh.number(true), Double.NaN, Long.MIN_VALUE, (short) 3,
          java.math.BigDecimal.TEN);
    }
    if (type == long[].class) {
      return pick(r, null, new long[0], new long[] {0}, new long[] {1}, new long[] {2, 3}, new long[] {-1, 1},
          new long[] {HUGE, HUGE}, new long[] {7, -7, 0}, new long[70], new long[] {1, 0});
    }
    if (type == DType.class) {
      return pick(r, null, null, DType.FLOAT32, DType.INT64, DType.BOOL, DType.COMPLEX128, DType.UINT16);
    }
    if (type == Device.class) {
      return pick(r, null, null, Device.CPU, new Device(Device.Kind.CUDA, 0), new Device(Device.Kind.META, 7));
    }
    if (type == MemoryFormat.class) {
      return pick(r, null, MemoryFormat.CONTIGUOUS_FORMAT, MemoryFormat.PRESERVE_FORMAT, MemoryFormat.CHANNELS_LAST);
    }
    if (type == String.class) {
      return pick(r, null, "", "none", "tanh", "nonsense", "\u00e4\ud83d\ude00", "a\0b", "x".repeat(1000));
    }
    if (type == Generator.class) {
      return pick(r, null, new Generator());
    }
    throw new AssertionError("no values for " + type);
  }

  private static Object pick(Random r, Object... values) {
    return values[r.nextInt(values.length)];
  }

  @Test
  public void eachCallIsRefusedOrDone() {
    Random r = new Random(1);
    int calls = 0;
    int refused = 0;
    for (Schema s : Schema.all()) {
      for (int i = 0; i < 60; i++) {
        try (Scope scope = new Scope()) {
          Object[] values = new Object[s.method.getParameterCount()];
          for (int k = 0; k < values.length; k++) {
            values[k] = value(s.method.getParameterTypes()[k], r);
          }
          calls++;
          try {
            s.invoke(values);
          } catch (RuntimeException e) {
            refused++;
            if (!(e instanceof TorshFailure || e instanceof IllegalArgumentException) || e instanceof InternalException
                || e.getMessage() == null || e.getMessage().length() < 8) {
              throw new AssertionError(s.name + ": " + e, e);
            }
          }
        }
      }
    }
    System.out.println(calls + " calls of " + Schema.all().size() + " functions, " + refused + " refused");
    assertTrue(calls > 15000 && refused > calls / 5 && refused < calls);
  }

  private static Object nothing(Class<?> type) {
    return type == long.class ? (Object) 0L : type == double.class ? (Object) 0.0 : type == boolean.class ? (Object) false : null;
  }

  @Test
  public void nullForWhatIsRequired() {
    int checked = 0;
    for (Schema s : Schema.all()) {
      Class<?>[] types = s.method.getParameterTypes();
      Object[] values = new Object[types.length];
      boolean required = false;
      for (int i = 0; i < types.length; i++) {
        values[i] = nothing(types[i]);
        boolean reference = types[i] == Tensor.class || types[i] == Tensor[].class || types[i] == long[].class;
        required |= reference && !s.arguments.get(i).type().endsWith("?");
      }
      if (required) {
        checked++;
        MissingArgumentException e = assertThrows(s.name, MissingArgumentException.class, () -> s.invoke(values));
        assertEquals("NULL", e.status());
      }
    }
    assertTrue(checked > 300);
  }

  /** 0, which is null, or 1, which is closed, for all numbers: what Java's classes never pass. */
  @Test
  public void functionsOfTheHeaders() throws Exception {
    int calls = 0;
    int refused = 0;
    for (Method m : Native.class.getMethods()) {
      if (m.getDeclaringClass() != Native.class) {
        continue;
      }
      for (long number = 0; number < 2; number++) {
        Object[] values = new Object[m.getParameterCount()];
        for (int i = 0; i < values.length; i++) {
          Class<?> t = m.getParameterTypes()[i];
          values[i] = t == long.class ? (Object) number : t == int.class ? (Object) (int) number : t == boolean.class ? (Object) true
              : t == double.class ? (Object) (double) number : number == 0 ? null : t == String.class ? "x" : new long[] {1};
        }
        calls++;
        try {
          m.invoke(null, values);
        } catch (InvocationTargetException e) {
          refused++;
          Throwable cause = e.getCause();
          assertTrue(m + ": " + cause, cause instanceof TorshFailure && !(cause instanceof InternalException)
              || cause instanceof IllegalStateException && number == 1);
          assertTrue(cause.getMessage().length() > 8);
        }
      }
    }
    Native.set_num_threads(2);
    System.out.println(calls + " calls, " + refused + " refused");
    assertTrue(calls > 180 && refused > 100);
  }

  @Test
  public void eachArgumentClosed() {
    Tensor closed = Torsh.ones(2, 3);
    closed.close();
    Generator gone = new Generator();
    gone.close();
    Random r = new Random(2);
    int checked = 0;
    for (Schema s : Schema.all()) {
      Class<?>[] types = s.method.getParameterTypes();
      for (int at = 0; at < types.length; at++) {
        Object bad = types[at] == Tensor.class ? closed : types[at] == Tensor[].class ? new Tensor[] {closed}
            : types[at] == Generator.class ? gone : null;
        if (bad == null) {
          continue;
        }
        try (Scope scope = new Scope()) {
          Object[] values = new Object[types.length];
          for (int k = 0; k < values.length; k++) {
            values[k] = k == at ? bad : types[k] == Number.class ? (Object) 1 : types[k] == long[].class ? new long[] {1}
                : types[k] == Tensor[].class ? new Tensor[] {Torsh.ones(3)} : types[k] == Tensor.class ? Torsh.ones(3)
                : types[k] == String.class ? "none" : nothing(types[k]);
          }
          IllegalStateException e = assertThrows(s.name, IllegalStateException.class, () -> s.invoke(values));
          assertTrue(e.getMessage(), e.getMessage().contains("closed"));
          checked++;
        }
      }
    }
    assertTrue(checked > 500);
  }

  @Test
  public void nothingIsLeftBehindAfterFailures() {
    Tensor a = Torsh.ones(2, 3);
    long before = Torsh.bytesHeld();
    for (int i = 0; i < 1000; i++) {
      assertThrows(RuntimeException.class, () -> a.matmul(a));
      assertThrows(RuntimeException.class, () -> a.add(a, null));
      assertThrows(RuntimeException.class, () -> Torsh.cat(new Tensor[] {a, null}));
    }
    assertEquals(before, Torsh.bytesHeld());
    a.close();
    assertTrue(a.isClosed());
    a.close();
    assertThrows(IllegalStateException.class, a::shape);
    if (!a.toString().equals("tensor(closed)")) {
      fail(a.toString());
    }
  }
}
