class Tea < ApplicationRecord
  validates :name, presence: true
  validates :minutes, numericality: { greater_than: 0 }
  scope :quick, -> { where(minutes: ..2) }
end
