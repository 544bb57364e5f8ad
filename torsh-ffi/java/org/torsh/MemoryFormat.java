// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh;

/** Which dimension lies closest in memory. */
public enum MemoryFormat {
  CONTIGUOUS_FORMAT,
  PRESERVE_FORMAT,
  CHANNELS_LAST;

  static int codeOf(MemoryFormat format) {
    return format == null ? -1 : format.ordinal();
  }
}
