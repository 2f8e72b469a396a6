require 'rack'
require 'tilt'

class App
  autoload :Report, File.expand_path('report', __dir__)

  def call(env)
    request = Rack::Request.new(env)
    case request.path_info
    when '/' then page('index', title: 'Tea')
    when '/about' then page('about', title: 'About')
    when '/markdown' then [200, {}, [markdown('# Hello *you*')]]
    when '/code' then [200, {}, [code]]
    when '/report' then [200, {}, [Report.new.text]]
    when '/time' then require('time'); [200, {}, [Time.parse('2024-05-01 10:00 UTC').iso8601]]
    else [404, {}, [page('missing', title: 'None')[2][0]]]
    end
  end

  def page(name, locals)
    [200, { 'content-type' => 'text/html' }, [Tilt.new(File.join(__dir__, '../views', "#{name}.erb")).render(self, locals)]]
  end

  def markdown(text)
    require 'kramdown'
    Kramdown::Document.new(text).to_html
  end

  def code
    require 'rouge'
    Rouge::Formatters::HTML.new.format(Rouge::Lexer.find('ruby').new.lex('puts 1'))
  end
end
