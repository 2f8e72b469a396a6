module Letters
  module Archive
    def self.count
      require 'sequel'
      db = Sequel.sqlite
      db.create_table(:letters) { primary_key :id }
      db[:letters].insert
      db[:letters].count
    end

    def self.xml
      require 'nokogiri'
      Nokogiri::XML::Builder.new { |xml| xml.letters { xml.letter 'ada' } }.to_xml
    end

    def self.csv
      require 'csv'
      CSV.generate { |csv| csv << ['a', 'b,c'] }
    end
  end
end
