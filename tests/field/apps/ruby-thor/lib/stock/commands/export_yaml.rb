# frozen_string_literal: true

require "yaml"

module Stock
  ExportYaml = ->(teas) { YAML.dump(teas.map { |tea| tea.transform_keys(&:to_s) }) }
end
