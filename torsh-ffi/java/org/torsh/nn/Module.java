// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh.nn;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;
import org.torsh.DType;
import org.torsh.Device;
import org.torsh.StateDict;
import org.torsh.Tensor;
import org.torsh.internal.Bridge;
import org.torsh.internal.Handle;
import org.torsh.internal.ModuleNative;
import org.torsh.internal.Native;
import org.torsh.internal.Resource;

/**
 * torch.nn.Module. One's own extends it, registers what it contains, and overrides {@link #forward}:
 *
 * <pre>
 * class Net extends Module {
 *   private final Linear first = register("first", new Linear(2, 16));
 *   private final Linear second = register("second", new Linear(16, 1));
 *
 *   public Tensor forward(Tensor x) {
 *     return second.call(first.call(x).relu());
 *   }
 * }
 * </pre>
 *
 * A module is used by one thread at a time.
 */
public class Module extends Resource {
  /** Modules of Java that the library refers to weakly. */
  private final Map<String, Module> children = new LinkedHashMap<>();

  /** For modules of one's own. */
  protected Module() {
    this(new Slot());
  }

  private Module(Slot slot) {
    super(Handle.MODULE, ModuleNative.create(nameOfCaller(), slot));
    slot.set(this);
  }

  /** For the library's layers. */
  Module(long address) {
    super(Handle.MODULE, address);
  }

  /** The class that is being made: the last one of the constructors that call each other through super(). */
  private static String nameOfCaller() {
    return StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE).walk(frames -> {
      Class<?> made = Module.class;
      for (StackWalker.StackFrame f : (Iterable<StackWalker.StackFrame>) frames.skip(1)::iterator) {
        if (!f.getMethodName().equals("<init>") || !made.isAssignableFrom(f.getDeclaringClass())) {
          break;
        }
        made = f.getDeclaringClass();
      }
      return made.getSimpleName().isEmpty() ? "Module" : made.getSimpleName();
    });
  }

  /** What the module computes; to be called through {@link #call}, which says in messages where a failure happened. */
  public Tensor forward(Tensor input) {
    return call(input);
  }

  /** Runs the module. */
  public final Tensor call(Tensor input) {
    long held = Handle.hold(input);
    try {
      return Bridge.tensor(get(m -> Native.module_forward(m, held)));
    } finally {
      Handle.drop(input, held);
    }
  }

  // ---- what is in it ----

  /** Contains a module under a name; returns it. */
  protected final <M extends Module> M register(String name, M child) {
    long held = Handle.hold(child);
    try {
      run(m -> Native.module_add_module(m, name, held));
      children.put(name, child);
      return child;
    } finally {
      Handle.drop(child, held);
    }
  }

  /** Contains a parameter, which requires grad from now on; returns it. */
  protected final Tensor registerParameter(String name, Tensor t) {
    return with(t, held -> run(m -> Native.module_add_parameter(m, name, held)));
  }

  /** Contains a tensor that is no parameter; persistent: it is part of the state. */
  protected final Tensor registerBuffer(String name, Tensor t, boolean persistent) {
    return with(t, held -> run(m -> Native.module_add_buffer(m, name, held, persistent ? 1 : 0)));
  }

  private static Tensor with(Tensor t, java.util.function.LongConsumer call) {
    long held = Handle.hold(t);
    try {
      call.accept(held);
      return t;
    } finally {
      Handle.drop(t, held);
    }
  }

  final void remember(Module child) {
    children.put(Integer.toString(children.size()), child);
  }

  /** All parameters, each once, in PyTorch's order. */
  public List<Tensor> parameters() {
    return List.copyOf(named(false).values());
  }

  public Map<String, Tensor> namedParameters() {
    return named(false);
  }

  public Map<String, Tensor> namedBuffers() {
    return named(true);
  }

  private Map<String, Tensor> named(boolean buffers) {
    return get(m -> {
      Map<String, Tensor> all = new LinkedHashMap<>();
      long[] tensors = ModuleNative.tensors(m, buffers);
      for (int i = 0; i < tensors.length; i++) {
        String name = buffers ? Native.module_buffer_name(m, i) : Native.module_parameter_name(m, i);
        all.put(name, Bridge.tensor(tensors[i]));
      }
      return all;
    });
  }

  /** A parameter or buffer by name ("0.weight"), or null. */
  public Tensor tensor(String name) {
    return get((LongFunction<Tensor>) m -> Bridge.tensor(Native.module_tensor(m, name)));
  }

  // ---- mode, state ----

  /** Training (dropout drops, batch norm follows its input) or evaluation, for it and all in it. */
  public Module train(boolean mode) {
    run(m -> Native.module_train(m, mode ? 1 : 0));
    return this;
  }

  public Module train() {
    return train(true);
  }

  public Module eval() {
    return train(false);
  }

  public boolean isTraining() {
    return get(Native::module_is_training);
  }

  /** The class, as messages name it. */
  public String type() {
    return get(Native::module_type);
  }

  /** Forgets the gradients of all parameters. */
  public void zeroGrad() {
    run(Native::module_zero_grad);
  }

  /** Moves floating parameters and buffers to a dtype; they remain the same tensors. */
  public Module to(DType dtype) {
    return to(null, dtype);
  }

  public Module to(Device device) {
    return to(device, null);
  }

  private Module to(Device device, DType dtype) {
    int kind = device == null ? -1 : device.kind().ordinal();
    int index = device == null ? -1 : device.index();
    run(m -> Native.module_to(m, Bridge.code(dtype), kind, index));
    return this;
  }

  /** "0.weight", "0.running_mean" …, on the module's memory. */
  public StateDict stateDict() {
    return new StateDict(get(Native::module_state));
  }

  /** Copies a state in; what is missing, unexpected or of another shape is an error, and then nothing has changed. */
  public void loadStateDict(StateDict state) {
    loadStateDict(state, true);
  }

  /** Not strict: takes what is there. */
  public void loadStateDict(StateDict state, boolean strict) {
    long held = Handle.hold(state);
    try {
      run(m -> Native.module_load_state(m, held, strict ? 1 : 0));
    } finally {
      Handle.drop(state, held);
    }
  }
}
