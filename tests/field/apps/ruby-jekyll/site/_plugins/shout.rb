# {% shout words %}: the words, loud.
class Shout < Liquid::Tag
  def initialize(name, words, tokens)
    super
    @words = words.strip
  end

  def render(_context)
    "#{@words.upcase}!"
  end
end
Liquid::Template.register_tag('shout', Shout)
Jekyll::Hooks.register(:site, :post_write) { |site| File.write(File.join(site.dest, 'pages.txt'), site.pages.size.to_s) }
