defmodule Meter.Alarm do
  use GenServer
  require Logger

  def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)
  def list, do: GenServer.call(__MODULE__, :list)

  @impl true
  def init(list), do: {:ok, list}

  @impl true
  def handle_info({:reading, sensor, value}, list) do
    if value > Application.fetch_env!(:meter, :limit) do
      Logger.warning("too high", sensor: sensor)
      {:noreply, [{sensor, value} | list]}
    else
      {:noreply, list}
    end
  end

  @impl true
  def handle_call(:list, _from, list), do: {:reply, list, list}
end
