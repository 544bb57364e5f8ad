# SPDX-License-Identifier: MIT OR Apache-2.0
VERSION = "0.1.0"
