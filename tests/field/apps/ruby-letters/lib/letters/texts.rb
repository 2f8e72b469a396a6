require 'i18n'

module Letters
  module Texts
    I18n.load_path += Dir[File.expand_path('../../locales/*.yml', __dir__)]

    def self.greet(language)
      I18n.t('greeting', locale: language)
    end
  end
end
