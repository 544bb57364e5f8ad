// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh;

import org.torsh.internal.Region;

/**
 * Releases, when it is closed, all tensors that this thread made while it was the innermost one.
 *
 * <pre>
 * try (var scope = new Scope()) {
 *   Tensor loss = …;
 *   return scope.keep(loss.detach());
 * }
 * </pre>
 */
public final class Scope implements AutoCloseable {
  private final Region region = Region.open();

  /** The tensor outlives this scope: it belongs to the enclosing one, if there is any. */
  public Tensor keep(Tensor t) {
    region.keep(t);
    return t;
  }

  /** By the thread that made it. Scopes inside that are still open are closed too. */
  @Override
  public void close() {
    region.close();
  }
}
