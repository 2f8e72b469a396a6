defmodule Mix.Tasks.Meter.Report do
  @shortdoc "Prints the settings of the meter"
  @moduledoc "Prints the settings of the meter.\n\n    mix meter.report [--json]"
  use Mix.Task

  @impl true
  def run(args) do
    {options, _, _} = OptionParser.parse(args, strict: [json: :boolean])
    Mix.Task.run("app.config", ["--no-compile"])
    settings = %{limit: Application.fetch_env!(:meter, :limit), port: Application.fetch_env!(:meter, :port)}
    Mix.shell().info(if options[:json], do: JSON.encode!(settings), else: inspect(settings, pretty: true))
  end
end
