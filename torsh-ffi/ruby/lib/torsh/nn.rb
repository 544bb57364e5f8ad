# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

require_relative "nn/parameter"
require_relative "nn/functional"
require_relative "nn/module"
require_relative "nn/layers"
require_relative "nn/container"
require_relative "nn/losses"
require_relative "nn/init"
