/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The inner parts of a convolution in float. */
#include "conv_ops.h"

#define REAL float
#define REAL_IS_F64 0

#include "conv_image_body.h"

#include "conv_plane_body.h"

const torsh__conv_ops_t torsh__conv_ops_f32 = {
    .gemm = &torsh__gemm_ops_f32,
    .panels = image_panels,
    .rows = image_rows,
    .sum_parts = sum_parts,
    .plane = plane,
    .plane_weight = plane_weight,
};
