# frozen_string_literal: true

require "sequel"

module Stock
  PATH = File.expand_path("../../data/stock.db", __dir__)

  def self.base
    @base ||= Sequel.sqlite(PATH)
  end

  def self.seed(csv)
    require "csv"
    base.create_table(:teas) { primary_key :id; String :name, unique: true; Float :price; Integer :boxes }
    CSV.foreach(csv, headers: true) { |row| base[:teas].insert(row.to_h) }
  end
end
