import Config

if limit = System.get_env("METER_LIMIT"), do: config(:meter, limit: String.to_integer(limit))
