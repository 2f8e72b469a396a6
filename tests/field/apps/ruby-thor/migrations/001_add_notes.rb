# frozen_string_literal: true

Sequel.migration { change { add_column :teas, :notes, String } }
