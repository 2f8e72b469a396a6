class CreateTeas < ActiveRecord::Migration[7.2]
  def change
    create_table :teas do |t|
      t.string :name, null: false
      t.integer :minutes
      t.decimal :price, precision: 8, scale: 2
      t.timestamps
    end
  end
end
