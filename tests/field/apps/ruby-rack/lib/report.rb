require 'csv'
class App
  class Report
    def text = CSV.generate { |csv| csv << [1, 2] }
  end
end
