require 'sinatra'
require 'json'

set :host_authorization, { permitted_hosts: [] }
get('/') { slim :index }
get('/list') { slim :list, locals: { items: %w[tea milk] } }
get('/page') { markdown :page }
get('/api') { content_type :json; JSON.generate(tea: 1) }
get('/yaml') { require 'yaml'; { 'tea' => 1 }.to_yaml }
get('/digest') { require 'openssl'; OpenSSL::Digest::SHA256.hexdigest('tea') }
get('/boom') { raise 'boom' }
not_found { slim :missing }
error { erb :error }
