# SPDX-License-Identifier: MIT OR Apache-2.0
"""The cells of the operator table: overload × dtype × layout × variant, each compared with PyTorch."""
