// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh.nn;

import java.util.Arrays;
import org.torsh.InvalidValueException;
import org.torsh.Operators;
import org.torsh.ShapeMismatchException;
import org.torsh.Tensor;
import org.torsh.Torsh;

/** torch.nn.functional. */
public final class Functional extends FunctionalOperators {
  private Functional() {}

  public static Tensor sigmoid(Tensor input) {
    return Operators.sigmoid(input);
  }

  public static Tensor tanh(Tensor input) {
    return Operators.tanh(input);
  }

  public static Tensor softmax(Tensor input, long dim) {
    return Torsh.softmax(input, dim);
  }

  public static Tensor logSoftmax(Tensor input, long dim) {
    return Torsh.logSoftmax(input, dim);
  }

  public static Tensor dropout(Tensor input, double p, boolean training) {
    if (!(p >= 0 && p <= 1)) {
      throw new InvalidValueException("dropout probability has to be between 0 and 1, but got " + p);
    }
    return Operators.dropout(input, p, training);
  }

  // ---- layers ----

  public static Tensor conv2d(Tensor input, Tensor weight, Tensor bias) {
    return Torsh.conv2d(input, weight, bias);
  }

  public static Tensor conv2d(Tensor input, Tensor weight, Tensor bias, long stride, long padding) {
    return Torsh.conv2d(input, weight, bias, stride, padding);
  }

  public static Tensor conv2d(
      Tensor input, Tensor weight, Tensor bias, long[] stride, long[] padding, long[] dilation, long groups) {
    return Operators.conv2d(input, weight, bias, stride, padding, dilation, groups);
  }

  /** The windows lie side by side. */
  public static Tensor maxPool2d(Tensor input, long kernelSize) {
    return maxPool2d(input, kernelSize, kernelSize, 0);
  }

  public static Tensor maxPool2d(Tensor input, long kernelSize, long stride, long padding) {
    return Operators.maxPool2d(
        input, new long[] {kernelSize}, new long[] {stride}, new long[] {padding}, new long[] {1}, false);
  }

  public static Tensor adaptiveAvgPool2d(Tensor input, long height, long width) {
    return Operators.adaptiveAvgPool2d(input, new long[] {height, width});
  }

  public static Tensor batchNorm(
      Tensor input,
      Tensor runningMean,
      Tensor runningVar,
      Tensor weight,
      Tensor bias,
      boolean training,
      double momentum,
      double eps) {
    return Operators.batchNorm(input, weight, bias, runningMean, runningVar, training, momentum, eps, true);
  }

  public static Tensor layerNorm(Tensor input, long[] normalizedShape, Tensor weight, Tensor bias, double eps) {
    return Operators.layerNorm(input, normalizedShape, weight, bias, eps, true);
  }

  /** Rows of weight. */
  public static Tensor embedding(Tensor input, Tensor weight) {
    return Operators.embedding(weight, input, -1, false, false);
  }

  // ---- losses ----

  public static Tensor crossEntropy(Tensor input, Tensor target) {
    return crossEntropy(input, target, null, -100, Reduction.MEAN, 0);
  }

  public static Tensor crossEntropy(
      Tensor input, Tensor target, Tensor weight, long ignoreIndex, Reduction reduction, double labelSmoothing) {
    return Operators.crossEntropy(input, target, weight, reduction.ordinal(), ignoreIndex, labelSmoothing);
  }

  public static Tensor nllLoss(Tensor input, Tensor target) {
    return nllLoss(input, target, null, -100, Reduction.MEAN);
  }

  public static Tensor nllLoss(Tensor input, Tensor target, Tensor weight, long ignoreIndex, Reduction reduction) {
    return Operators.nllLoss(input, target, weight, reduction.ordinal(), ignoreIndex);
  }

  public static Tensor mseLoss(Tensor input, Tensor target) {
    return mseLoss(input, target, Reduction.MEAN);
  }

  public static Tensor mseLoss(Tensor input, Tensor target, Reduction reduction) {
    return Operators.mseLoss(input, target, reduction.ordinal());
  }

  public static Tensor binaryCrossEntropyWithLogits(Tensor input, Tensor target) {
    return binaryCrossEntropyWithLogits(input, target, null, null, Reduction.MEAN);
  }

  public static Tensor binaryCrossEntropyWithLogits(
      Tensor input, Tensor target, Tensor weight, Tensor posWeight, Reduction reduction) {
    if (!Arrays.equals(input.shape(), target.shape())) {
      throw new ShapeMismatchException(
          "Target size (" + Arrays.toString(target.shape()) + ") must be the same as input size ("
              + Arrays.toString(input.shape()) + ")");
    }
    return Operators.binaryCrossEntropyWithLogits(input, target, weight, posWeight, reduction.ordinal());
  }
}
