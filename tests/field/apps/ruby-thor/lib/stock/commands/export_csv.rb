# frozen_string_literal: true

require "csv"

module Stock
  ExportCsv = ->(teas) { CSV.generate { |csv| teas.each { |tea| csv << tea.values } } }
end
