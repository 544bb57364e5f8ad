// SPDX-License-Identifier: MIT OR Apache-2.0
package org.torsh;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Which operator a generated method is. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Operator {
  /** PyTorch's name of the overload: "add.Tensor", "add_.Tensor" in place, "add.Tensor_out". */
  String name();

  /** In {@link Operators}: PyTorch's schema, with the defaults of arguments. */
  String schema() default "";
}
