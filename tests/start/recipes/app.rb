require 'json'
require 'redcarpet'
require 'sinatra/base'

class Recipes < Sinatra::Base
  set :host_authorization, permitted_hosts: []
  set :public_folder, File.join(__dir__, 'public')
  BOOK = Dir[File.join(__dir__, 'book/*.md')].to_h { |path| [File.basename(path, '.md'), path] }

  get '/' do
    erb :index, locals: { names: BOOK.keys.sort }
  end

  get '/recipes/:name' do |name|
    path = BOOK[name] or halt 404
    Redcarpet::Markdown.new(Redcarpet::Render::HTML).render(File.read(path))
  end

  get '/recipes.json' do
    content_type :json
    BOOK.keys.sort.to_json
  end

  get '/search' do
    words = params.fetch('q', '').downcase
    BOOK.select { |_, path| File.read(path).downcase.include?(words) }.keys.join("\n")
  end
end
