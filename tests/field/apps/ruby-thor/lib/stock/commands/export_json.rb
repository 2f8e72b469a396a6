# frozen_string_literal: true

require "json"

module Stock
  ExportJson = ->(teas) { JSON.pretty_generate(teas) }
end
