require_relative "boot"

require "rails"
%w[active_model active_job active_record action_controller action_mailer action_view].each { |part| require "#{part}/railtie" }

Bundler.require(*Rails.groups)

module Shop
  class Application < Rails::Application
    config.load_defaults 7.2
    config.autoload_lib(ignore: %w[tasks])
    config.i18n.available_locales = [:en, :de]
    config.active_job.queue_adapter = :async
    config.action_mailer.delivery_method = :file
    config.time_zone = "Berlin"
  end
end
