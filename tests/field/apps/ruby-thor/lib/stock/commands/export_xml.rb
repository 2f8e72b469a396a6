# frozen_string_literal: true

require "rexml/document"

module Stock
  ExportXml = lambda do |teas|
    root = REXML::Document.new.add_element("teas")
    teas.each { |tea| root.add_element("tea", "price" => tea[:price].to_s).text = tea[:name] }
    root.to_s
  end
end
