defmodule Meter.MixProject do
  use Mix.Project

  def project do
    [app: :meter, version: "0.3.0", elixir: "~> 1.18", deps: []]
  end

  def application do
    [mod: {Meter.Application, []}, extra_applications: [:logger, :inets, :ssl, :crypto, :mnesia, :xmerl, :runtime_tools, :eex, :iex]]
  end
end
