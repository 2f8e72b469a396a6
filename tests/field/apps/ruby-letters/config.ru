require_relative 'app'

use Rack::ContentLength
run Letters::App.new
