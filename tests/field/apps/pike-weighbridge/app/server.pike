// The pages of the weighbridge.
inherit Protocols.HTTP.Server.Port;
Bridge.Store store;
int asked, ticks;

protected void create(int port, Bridge.Store from)
{
  store = from;
  ::create(answer, port);
  call_out(tick, 1);
}

void tick()
{
  ticks++;
  call_out(tick, 1);
}

protected mapping words(object request)
{
  string language = "en";
  foreach ((request->request_headers["accept-language"] || "") / ",", string wanted) {
    string short = lower_case(String.trim_all_whites(wanted))[..1];
    if (Stdio.exist("/opt/weighbridge/words/" + short + ".json")) {
      language = short;
      break;
    }
  }
  return Standards.JSON.decode_utf8(Stdio.read_file("/opt/weighbridge/words/" + language + ".json")) + ([ "language": language ]);
}

protected void send(object request, string data, string type, int|void status, mapping|void more)
{
  mapping headers = more || ([]);
  if (has_value(request->request_headers["accept-encoding"] || "", "gzip") && sizeof(data) > 300 && has_prefix(type, "text/")) {
    Stdio.FakeFile packed = Stdio.FakeFile("", "w");
    Gz.File out = Gz.File(packed, "wb");
    out->write(data);
    out->close();
    data = (string)packed;
    headers["Content-Encoding"] = "gzip";
  }
  request->response_and_finish(([ "data": data, "type": type, "error": status || 200, "extra_heads": headers ]));
}

protected void json(object request, mixed value, int|void status)
{
  send(request, string_to_utf8(Standards.JSON.encode(value, Standards.JSON.PIKE_CANONICAL)), "application/json; charset=utf-8", status);
}

protected string page(string title, string body, string language)
{
  return string_to_utf8(sprintf("<!DOCTYPE html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\"><title>%s</title><link rel=\"stylesheet\" href=\"/www/bridge.css\"></head><body><h1>%[1]s</h1>%[2]s</body></html>\n", language, title, body));
}

void answer(object request)
{
  asked++;
  mixed problem = catch { route(request); };
  if (problem) {
    string text = String.trim_all_whites(arrayp(problem) || objectp(problem) ? (string)problem[0] : "fault");
    json(request, ([ "problem": text ]), 400);
  }
}

protected void route(object request)
{
  array path = request->not_query / "/" - ({ "" });
  mapping query = request->variables || ([]);
  mapping text = words(request);
  switch (path[0..0] * "") {
    case "":
      array rows = map(store->loads("ORDER BY id"), lambda(mapping one) {
        return sprintf("<tr><td>%s<td>%s<td>%d kg %s<td>%s</tr>", Parser.encode_html_entities(one->plate), Parser.encode_html_entities(one->cargo), one->net, text->net,
                       Calendar.ISO.parse("%Y-%M-%D", one->day)->set_language(text->language)->week_day_name());
      });
      send(request, page(text->title, "<h2>" + text->loads + "</h2><table>" + rows * "\n" + "</table>", text->language), "text/html; charset=utf-8");
      return;
    case "health":
      json(request, ([ "ok": Val.true, "asked": asked, "ticks": ticks ]));
      return;
    case "loads":
      if (request->request_type == "POST") {
        mapping got = Standards.JSON.decode_utf8(request->body_raw);
        json(request, store->add(got->plate, got->cargo, got->gross, got->tare, got->day || "2026-05-21"), 201);
      } else if (sizeof(path) == 1) {
        json(request, query->plate ? store->loads("WHERE plate = :plate ORDER BY id", ([ ":plate": query->plate ])) : store->loads("ORDER BY id"));
      } else {
        mapping one = store->load((int)path[1]);
        if (!one) json(request, ([ "problem": "no such load" ]), 404);
        else json(request, one + ([ "stamp": Bridge.Out.stamp(one) ]));
      }
      return;
    case "loads.csv":
      send(request, Bridge.Out.table(store->loads("ORDER BY id"), query->charset || "utf-8"), "text/csv");
      return;
    case "loads.xml":
      if (request->request_type == "POST") json(request, Bridge.Out.read_xml(request->body_raw));
      else send(request, Bridge.Out.xml(store->loads("ORDER BY id")), "text/xml");
      return;
    case "picture":
      string form = query->as || "png";
      send(request, Bridge.Out.encode(Bridge.Out.picture(store->loads("ORDER BY id LIMIT 8")), form), "image/" + form);
      return;
    case "date":
      send(request, string_to_utf8(Bridge.Out.date(query->day || "2026-05-20", text->language, query->zone || "Europe/Stockholm")), "text/plain; charset=utf-8");
      return;
    case "sign":
      Image.Image sign = Image.SVG.decode(Stdio.read_file("/srv/weighbridge/sign.svg"));
      send(request, Image.PNG.encode(sign), "image/png", 200, ([ "X-Size": sign->xsize() + "x" + sign->ysize() ]));
      return;
    case "www":
      string file = combine_path("/srv/weighbridge", combine_path("/", path[1..] * "/")[1..]);
      if (Stdio.is_file(file)) {
        send(request, Stdio.read_file(file), Protocols.HTTP.Server.filename_to_type(file));
        return;
      }
  }
  send(request, page("404", text->missing, text->language), "text/html; charset=utf-8", 404);
}
