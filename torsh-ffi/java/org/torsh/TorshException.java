// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh;

/** What the library refuses or cannot do; subclasses say of which kind it is. See {@link TorshFailure}. */
public abstract class TorshException extends RuntimeException implements TorshFailure {
  private static final long serialVersionUID = 1;

  protected TorshException(String message) {
    super(message);
  }
}
