require_relative 'app'
run Recipes
