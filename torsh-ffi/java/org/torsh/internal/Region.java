// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh.internal;

import java.util.ArrayList;

/** The tensors of a scope. Regions of a thread form a stack. */
public final class Region {
  private static final ThreadLocal<Region> INNERMOST = new ThreadLocal<>();
  /** As long as no thread has a region, making a tensor asks no further. */
  private static volatile boolean used;

  private final Thread thread = Thread.currentThread();
  private final Region outer;
  private ArrayList<Handle> made = new ArrayList<>();

  private Region(Region outer) {
    this.outer = outer;
  }

  public static Region open() {
    used = true;
    Region region = new Region(INNERMOST.get());
    INNERMOST.set(region);
    return region;
  }

  static void add(Handle tensor) {
    Region region = used ? INNERMOST.get() : null;
    if (region != null) {
      region.made.add(tensor);
    }
  }

  public void keep(Resource r) {
    check();
    // most often it is one of the last
    int at = made.lastIndexOf(r.handle);
    if (at >= 0) {
      made.remove(at);
      if (outer != null) {
        outer.made.add(r.handle);
      }
    }
  }

  public void close() {
    if (made == null) {
      return;
    }
    check();
    Region region;
    do {
      region = INNERMOST.get();
      ArrayList<Handle> all = region.made;
      region.made = null;
      if (region.outer == null) {
        INNERMOST.remove();
      } else {
        INNERMOST.set(region.outer);
      }
      for (int i = all.size() - 1; i >= 0; i--) {
        all.get(i).close();
      }
    } while (region != this);
  }

  private void check() {
    if (thread != Thread.currentThread()) {
      throw new IllegalStateException("a scope belongs to the thread that made it");
    }
    if (made == null) {
      throw new IllegalStateException("the scope has been closed");
    }
  }
}
