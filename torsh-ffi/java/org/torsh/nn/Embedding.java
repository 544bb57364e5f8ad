// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh.nn;

import org.torsh.Tensor;
import org.torsh.internal.Native;

/** Rows of a table: weight [numEmbeddings, embeddingDim]. */
public final class Embedding extends Module {
  public Embedding(long numEmbeddings, long embeddingDim) {
    super(Native.embedding_new(numEmbeddings, embeddingDim, null));
  }

  /** paddingIdx: a row of zeros that receives no gradient. */
  public Embedding(long numEmbeddings, long embeddingDim, long paddingIdx) {
    super(Native.embedding_new(numEmbeddings, embeddingDim, new long[] {paddingIdx}));
  }

  public Tensor weight() {
    return tensor("weight");
  }
}
