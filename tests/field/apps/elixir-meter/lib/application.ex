defmodule Meter.Application do
  use Application

  @impl true
  def start(_type, _args) do
    Meter.Store.prepare()

    children = [
      {Registry, keys: :duplicate, name: Meter.Listeners},
      {Task.Supervisor, name: Meter.Tasks},
      Meter.Alarm,
      Meter.Web
    ]

    Supervisor.start_link(children, strategy: :one_for_one, name: Meter.Supervisor)
  end
end
