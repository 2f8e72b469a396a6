require 'mail'

module Letters
  module Post
    def self.mail(name)
      Mail.new do
        from 'shop@example.org'
        to "#{name}@example.org"
        subject 'Téa'
        text_part { body 'ready' }
        html_part { body '<b>ready</b>' }
      end
    end
  end
end
