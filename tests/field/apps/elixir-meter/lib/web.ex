defmodule Meter.Web do
  @moduledoc "The pages, served by inets."
  require Record
  Record.defrecord(:mod, Record.extract(:mod, from_lib: "inets/include/httpd.hrl"))

  def child_spec(_), do: %{id: __MODULE__, start: {__MODULE__, :start_link, []}, type: :supervisor}

  def start_link do
    common = [
      server_name: ~c"meter", server_root: ~c"/srv/meter", document_root: ~c"/srv/meter/priv", bind_address: :any,
      modules: [:mod_alias, __MODULE__, :mod_get, :mod_head], mime_types: [{~c"txt", ~c"text/plain"}, {~c"html", ~c"text/html"}]
    ]

    pem = [certfile: ~c"/srv/meter/priv/cert.pem", keyfile: ~c"/srv/meter/priv/key.pem"]
    {:ok, _} = :inets.start(:httpd, [port: 4443, socket_type: {:ssl, pem}] ++ common)
    {:ok, pid} = :inets.start(:httpd, [port: Application.fetch_env!(:meter, :port)] ++ common)
    Process.link(pid)
    {:ok, pid}
  end

  def unquote(:do)(request) do
    uri = URI.parse("http://h" <> to_string(mod(request, :request_uri)))
    query = URI.decode_query(uri.query || "")
    path = String.split(uri.path, "/", trim: true) |> Enum.map(&URI.decode/1)
    body = to_string(mod(request, :entity_body))

    try do
      answer(to_string(mod(request, :method)), path, query, body)
    rescue
      error in [ArgumentError, JSON.DecodeError, KeyError] -> {400, "text/plain", Exception.message(error)}
    end
    |> case do
      :file -> {:proceed, mod(request, :data)}
      {status, kind, text} ->
        text = IO.iodata_to_binary(text)
        head = [code: status, content_type: to_charlist(kind), content_length: to_charlist(byte_size(text))]
        {:proceed, [response: {:response, head, [text]}]}
    end
  end

  defp answer("GET", [], _, _) do
    page = EEx.eval_file("/srv/meter/priv/page.eex", sensors: Meter.Store.sensors(), version: version())
    {200, "text/html", page}
  end

  defp answer("GET", ["health"], _, _), do: {200, "text/plain", "ok"}
  defp answer("GET", ["sensors"], _, _), do: {200, "application/json", JSON.encode!(Meter.Store.sensors())}

  defp answer("POST", ["sensors", name], _, body) do
    %{"value" => value} = JSON.decode!(body)
    unless is_number(value), do: raise(ArgumentError, "value is no number")
    Meter.Store.put(name, value)
    {201, "application/json", JSON.encode!(%{stored: name})}
  end

  defp answer("GET", ["sensors", name], %{"as" => "csv"}, _) do
    rows = for row <- Meter.Store.of(name), do: [to_string(row.value), ",", row.at, "\n"]
    {200, "text/csv", ["value,at\n" | rows]}
  end

  defp answer("GET", ["sensors", name], %{"as" => "xml"}, _) do
    rows = for row <- Meter.Store.of(name), do: {:reading, [at: to_charlist(row.at)], [to_charlist("#{row.value}")]}
    {200, "text/xml", :unicode.characters_to_binary(:xmerl.export_simple([{:sensor, [name: to_charlist(name)], rows}], :xmerl_xml))}
  end

  defp answer("GET", ["sensors", name], _, _), do: {200, "application/json", JSON.encode!(Meter.Store.of(name))}

  defp answer("GET", ["summary", name], _, _) do
    sums = [&Enum.sum/1, &Enum.max/1, fn all -> Float.round(Enum.sum(all) / length(all), 2) end]
    values = for row <- Meter.Store.of(name), do: row.value
    if values == [], do: raise(ArgumentError, "no readings of #{name}")
    [sum, most, mean] = Meter.Tasks |> Task.Supervisor.async_stream(sums, & &1.(values)) |> Enum.map(&elem(&1, 1))
    {200, "text/plain", "sum=#{sum} max=#{most} mean=#{mean}"}
  end

  defp answer("GET", ["alarms"], _, _), do: {200, "application/json", JSON.encode!(for {s, v} <- Meter.Alarm.list(), do: %{sensor: s, value: v})}

  defp answer("GET", ["calendar"], %{"day" => day}, _) do
    date = Date.from_iso8601!(day)
    {200, "text/plain", Calendar.strftime(date, "%A, %-d %B %Y, quarter #{Date.quarter_of_year(date)}")}
  end

  defp answer("POST", ["signature"], _, body), do: {200, "text/plain", Base.encode16(:crypto.mac(:hmac, :sha256, "pond", body), case: :lower)}
  defp answer("GET", ["upper", text], _, _), do: {200, "text/plain; charset=utf-8", text |> String.normalize(:nfc) |> String.upcase(:greek)}
  defp answer(_, _, _, _), do: :file

  defp version, do: Application.spec(:meter, :vsn)
end
