defmodule Meter.Store do
  @moduledoc "Readings, kept by Mnesia."
  require Logger

  def prepare do
    File.mkdir_p!("/var/lib/meter")
    :mnesia.stop()
    :mnesia.create_schema([node()])
    :ok = :mnesia.start()
    :mnesia.create_table(:reading, attributes: [:key, :sensor, :value, :at], index: [:sensor], disc_copies: [node()])
    :ok = :mnesia.wait_for_tables([:reading], 10_000)
  end

  def put(sensor, value) do
    at = DateTime.utc_now()
    key = {sensor, System.unique_integer([:monotonic])}
    {:atomic, :ok} = :mnesia.transaction(fn -> :mnesia.write({:reading, key, sensor, value, at}) end)
    Logger.info("reading #{value}", sensor: sensor)
    Registry.dispatch(Meter.Listeners, sensor, fn all -> for {pid, _} <- all, do: send(pid, {:reading, sensor, value}) end)
    send(Meter.Alarm, {:reading, sensor, value})
    :ok
  end

  def of(sensor) do
    {:atomic, rows} = :mnesia.transaction(fn -> :mnesia.index_read(:reading, sensor, :sensor) end)
    for {:reading, _, ^sensor, value, at} <- Enum.sort(rows), do: %{value: value, at: DateTime.to_iso8601(at)}
  end

  def sensors do
    {:atomic, keys} = :mnesia.transaction(fn -> :mnesia.all_keys(:reading) end)
    keys |> Enum.map(&elem(&1, 0)) |> Enum.uniq() |> Enum.sort()
  end
end
