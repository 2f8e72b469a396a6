require 'json'
require 'rack'
require 'tilt'

module Letters
  autoload :Post, File.expand_path('lib/letters/post', __dir__)
  autoload :Archive, File.expand_path('lib/letters/archive', __dir__)
  autoload :Texts, File.expand_path('lib/letters/texts', __dir__)

  class App
    VIEWS = File.expand_path('views', __dir__)

    def call(env)
      request = Rack::Request.new(env)
      body = answer(request.path_info)
      return [404, { 'content-type' => 'text/html' }, [page('missing.haml')]] unless body

      [200, { 'content-type' => 'text/html' }, [body]]
    end

    private

    def answer(path)
      case path
      when '/' then 'letters'
      when '/page' then page('page.haml', names: %w[ada grace])
      when '/mail' then Post.mail('ada').to_s
      when %r{\A/greet/(\w\w)\z} then Texts.greet(Regexp.last_match(1))
      when '/terms' then page('terms.md')
      when '/count' then JSON.generate(count: Archive.count)
      when '/xml' then Archive.xml
      when '/csv' then Archive.csv
      end
    end

    def page(name, locals = {})
      inside = Tilt.new(File.join(VIEWS, name)).render(self, locals)
      Tilt.new(File.join(VIEWS, 'layout.haml')).render(self) { inside }
    end
  end
end
