// SPDX-License-Identifier: MIT OR Apache-2.0
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.Test;
import org.torsh.DType;
import org.torsh.Operator;
import org.torsh.Scope;
import org.torsh.Tensor;
import org.torsh.Torsh;
import org.torsh.nn.Functional;

/** What people call does what the operator does with the schema's defaults: the same bits, or the same exception. */
public class OverloadsTest {
  private static final int TRIES = 40;

  /** The schema's arguments that the method's parameters are: all that are required, then the first ones that are not. */
  private static List<Schema.Argument> arguments(Method m, Schema s) {
    boolean method = !Modifier.isStatic(m.getModifiers());
    List<Schema.Argument> free = s.arguments.stream().filter(a -> !(method && a.name().equals("self"))).toList();
    List<Schema.Argument> out = new ArrayList<>(free.stream().filter(a -> a.initial() == null).toList());
    free.stream().filter(a -> a.initial() != null).limit(m.getParameterCount() - out.size()).forEach(out::add);
    return out;
  }

  /** dtype, shape and bytes of each result, or the exception's class and message. */
  private static String outcome(java.util.concurrent.Callable<Object> call) throws Exception {
    Torsh.manualSeed(5);
    Object result;
    try {
      result = call.call();
    } catch (InvocationTargetException e) {
      return e.getCause().toString();
    } catch (RuntimeException e) {
      return e.toString();
    }
    StringBuilder text = new StringBuilder();
    for (Tensor t : Schema.results(result)) {
      boolean meta = !t.device().toString().equals("cpu");
      text.append(t.dtype()).append(Arrays.toString(t.shape())).append(meta ? "meta" : Arrays.toString(t.detach().toBytes()));
    }
    return text.toString();
  }

  @Test
  public void asTheSchemaSays() throws Exception {
    int methods = 0;
    int succeeded = 0;
    List<String> never = new ArrayList<>();
    for (Class<?> c : List.of(Tensor.class, Torsh.class, Functional.class)) {
      for (Method m : c.getMethods()) {
        Operator o = m.getAnnotation(Operator.class);
        if (o == null || o.name().startsWith("empty") || o.name().equals("new_empty")) {
          continue; // whose values are any
        }
        Schema s = Schema.of(o.name());
        List<Schema.Argument> names = arguments(m, s);
        assertEquals(m.toString(), m.getParameterCount(), names.size());
        int good = 0;
        for (int seed = 0; seed < TRIES; seed++) {
          try (Scope scope = new Scope()) {
            String[] outcomes = new String[2];
            for (int way = 0; way < 2; way++) { // twice the same arguments: an operator in place changes them
              Random r = new Random(seed);
              Tensor self = Modifier.isStatic(m.getModifiers()) ? null : Torsh.ones(2, 3).mul(seed % 3).to(seed % 4 > 0 ? DType.FLOAT32 : DType.INT64);
              Object[] values = Stream.of(m.getParameterTypes()).map(t -> WrongInputTest.value(t, r)).toArray();
              Map<String, Object> named = new HashMap<>();
              if (self != null) {
                named.put("self", self);
              }
              for (int i = 0; i < values.length; i++) {
                named.put(names.get(i).name(), values[i]);
              }
              outcomes[way] = way == 0 ? outcome(() -> m.invoke(self, values)) : outcome(() -> s.call(named));
            }
            assertEquals(m + " seed " + seed, outcomes[1], outcomes[0]);
            good += outcomes[0].contains("Exception") ? 0 : 1;
          }
        }
        methods++;
        succeeded += good > 0 ? 1 : 0;
        if (good == 0) {
          never.add(m.getName());
        }
      }
    }
    System.out.println(methods + " methods, of which " + succeeded + " succeeded; never: " + never);
    assertTrue(methods > 700 && succeeded > methods * 2 / 3);
  }
}
