namespace :teas do
  desc "Print the prices"
  task prices: :environment do
    Tea.order(:price).each { |tea| puts "#{tea.name}: #{ActiveSupport::NumberHelper.number_to_currency(tea.price, unit: "£")}" }
  end
end
