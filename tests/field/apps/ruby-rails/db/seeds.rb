[["Assam", 3, 4.5], ["Ceylon", 1, 3.9]].each do |name, minutes, price|
  Tea.find_or_create_by!(name:) { |tea| tea.update(minutes:, price:) }
end
