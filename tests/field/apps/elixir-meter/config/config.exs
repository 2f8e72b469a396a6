import Config

config :meter, port: 4000, limit: 250
config :logger, level: :info
config :logger, :default_formatter, format: "$time $metadata[$level] $message\n", metadata: [:sensor]
config :mnesia, dir: ~c"/var/lib/meter"
import_config "#{config_env()}.exs"
