# frozen_string_literal: true

require "thor"
require "stock/base"

module Stock
  class CLI < Thor
    include Thor::Actions

    def self.exit_on_failure? = true
    def self.source_root = File.expand_path("../../templates", __dir__)

    class_option :language, default: "en", desc: "en, de or pl"

    desc "list", "List the teas"
    method_option :table, type: :boolean
    def list
      teas = Stock.base[:teas].order(:name)
      return puts(teas.map(:name)) unless options[:table]

      require "terminal-table"
      puts ::Terminal::Table.new(headings: %w[tea price], rows: teas.map { |tea| [tea[:name], format("%.2f", tea[:price])] })
    end

    desc "count", "Say how many boxes there are"
    def count
      require "i18n"
      require "i18n/backend/pluralization"
      I18n::Backend::Simple.include(I18n::Backend::Pluralization)
      I18n.load_path += Dir[File.expand_path("../../locales/*.{yml,rb}", __dir__)]
      I18n.locale = options[:language].to_sym
      puts I18n.t("boxes", count: Stock.base[:teas].sum(:boxes))
    end

    desc "export FORMAT", "Write the teas as json, csv, yaml or xml"
    def export(format)
      require "stock/commands/export_#{format}"
      puts Stock.const_get("Export#{format.capitalize}").call(Stock.base[:teas].order(:name).all)
    rescue LoadError
      raise Thor::Error, "no format #{format}"
    end

    desc "label NAME", "Print a label"
    def label(name)
      require "liquid"
      tea = Stock.base[:teas].first(name: name) or raise Thor::Error, "no tea is called #{name}"
      template = Liquid::Template.parse(File.read(File.join(CLI.source_root, "label.liquid")))
      puts template.render(tea.transform_keys(&:to_s))
    end

    desc "site FOLDER", "Generate a page"
    def site(folder)
      @teas = Stock.base[:teas].order(:name).all
      template("index.html.tt", File.join(folder, "index.html"))
      say File.read(File.join(folder, "index.html"))
    end

    desc "migrate", "Bring the tables up to date"
    def migrate
      Sequel.extension(:migration)
      Sequel::Migrator.run(Stock.base, File.expand_path("../../migrations", __dir__))
      puts Stock.base.schema(:teas).map(&:first).join(" ")
    end

    desc "add NAME PRICE", "Add a tea"
    def add(name, price)
      Stock.base[:teas].insert(name: name, price: Float(price), boxes: 1)
      say "added #{name}", :green
    rescue Sequel::UniqueConstraintViolation
      raise Thor::Error, "#{name} is there already"
    end
  end
end
