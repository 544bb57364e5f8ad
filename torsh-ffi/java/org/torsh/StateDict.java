// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.torsh.internal.Handle;
import org.torsh.internal.Native;
import org.torsh.internal.Resource;

/** Named tensors in order, as PyTorch's state_dict and in its files and in safetensors. */
public final class StateDict extends Resource implements Iterable<Map.Entry<String, Tensor>> {
  public StateDict() {
    this(Native.state_new());
  }

  /** For the classes of org.torsh: takes over what a JNI function has returned. */
  public StateDict(long address) {
    super(Handle.STATE, address);
  }

  /** Reads a file of torch.save or a safetensors file. Nothing in it is executed. */
  public static StateDict load(Path file) {
    return new StateDict(Native.load(file.toString()));
  }

  public static StateDict load(String file) {
    return load(Path.of(file));
  }

  /** In PyTorch's format. */
  public void save(Path file) {
    run(s -> Native.save(s, file.toString()));
  }

  public void save(String file) {
    save(Path.of(file));
  }

  public void saveSafetensors(Path file) {
    run(s -> Native.save_safetensors(s, file.toString()));
  }

  public void saveSafetensors(String file) {
    saveSafetensors(Path.of(file));
  }

  /** Adds, or replaces at its place. The tensor itself is in it, no copy. */
  public StateDict put(String name, Tensor t) {
    long held = Handle.hold(t);
    try {
      run(s -> Native.state_set(s, name, held));
      return this;
    } finally {
      Handle.drop(t, held);
    }
  }

  /** null if there is none of that name. */
  public Tensor get(String name) {
    return org.torsh.internal.Bridge.tensor(get(s -> Native.state_get(s, name)));
  }

  public int size() {
    return get(Native::state_n);
  }

  public List<String> names() {
    return get(s -> {
      List<String> names = new ArrayList<>();
      for (int i = 0; i < Native.state_n(s); i++) {
        names.add(Native.state_name(s, i));
      }
      return names;
    });
  }

  @Override
  public Iterator<Map.Entry<String, Tensor>> iterator() {
    return names().stream().map(n -> Map.entry(n, get(n))).iterator();
  }
}
