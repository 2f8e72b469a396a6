// What the bridge gives out: tables, pictures, dates, stamps.

string table(array(mapping(string:mixed)) loads, string charset)
{
  array lines = ({ "id;plate;cargo;net;day" });
  foreach (loads, mapping one)
    lines += ({ sprintf("%d;%s;%s;%d;%s", one->id, one->plate, one->cargo, one->net, one->day) });
  string text = lines * "\r\n" + "\r\n";
  return Charset.encoder(charset, "?")->feed(text)->drain();
}

string xml(array(mapping(string:mixed)) loads)
{
  Parser.XML.Tree.SimpleRootNode root = Parser.XML.Tree.SimpleRootNode();
  Parser.XML.Tree.SimpleElementNode top = Parser.XML.Tree.SimpleElementNode("loads", ([]));
  root->add_child(Parser.XML.Tree.SimpleHeaderNode(([ "version": "1.0", "encoding": "utf-8" ])));
  foreach (loads, mapping one) {
    Parser.XML.Tree.SimpleElementNode node = Parser.XML.Tree.SimpleElementNode("load", ([ "plate": one->plate, "net": (string)one->net ]));
    node->add_child(Parser.XML.Tree.SimpleTextNode(one->cargo));
    top->add_child(node);
  }
  root->add_child(top);
  return root->render_xml();
}

array(mapping) read_xml(string text)
{
  array found = ({});
  Parser.XML.Tree.SimpleRootNode root = Parser.XML.Tree.simple_parse_input(text);
  root->walk_preorder(lambda(object node) {
    if (node->get_tag_name() == "load")
      found += ({ node->get_attributes() + ([ "cargo": node->value_of_node() ]) });
  });
  return found;
}

Image.Image picture(array(mapping(string:mixed)) loads)
{
  Image.Image paper = Image.Image(60 + 60 * sizeof(loads), 220, 255, 252, 240);
  Image.Fonts.set_font_dirs(({ "/usr/share/fonts/truetype/dejavu" }));
  object font = Image.FreeType.Face("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf");
  font->set_size(0, 16);
  int x = 30;
  foreach (loads, mapping one) {
    int tall = one->net / 70;
    paper->setcolor(180, 90, 20);
    paper->box(x, 200 - tall, x + 40, 200);
    int at = x;
    foreach ((array(int))one->plate, int letter) {
      mapping glyph = font->write_char(letter);
      paper->paste_alpha_color(glyph->img, 0, 0, 0, at + glyph->x, 16 - glyph->y);
      at += glyph->advance;
      if (at > x + 50) break;
    }
    x += 60;
  }
  return paper;
}

string encode(Image.Image paper, string form)
{
  switch (form) {
    case "png": return Image.PNG.encode(paper);
    case "gif": return Image.GIF.encode(paper);
    case "jpeg": return Image.JPEG.encode(paper, ([ "quality": 80 ]));
    case "webp": return Image.WebP.encode(paper);
    case "tiff": return Image.TIFF.encode(paper);
    case "bmp": return Image.BMP.encode(paper);
    case "ps": return Image.PS.encode(paper);
    case "xpm": return Image.XPM.encode(paper->scale(20, 20));
  }
  error("no such picture: %s\n", form);
}

string date(string day, string language, string zone)
{
  object when = Calendar.ISO.parse("%Y-%M-%D", day);
  if (!when) error("not a day: %s\n", day);
  when = when->set_language(language);
  object there = Calendar.ISO.set_timezone(Calendar.Timezone["Europe/Stockholm"])->parse("%Y-%M-%D %h:%m", day + " 12:00")->set_timezone(zone);
  return sprintf("%s %d %s %d, v. %d, %s", when->week_day_name(), when->month_day(), when->month_name(), when->year_no(), when->week_no(), there->format_time());
}

string stamp(mapping one)
{
  string text = sprintf("%d|%s|%d|%s", one->id, one->plate, one->net, one->day);
  return String.string2hex(Crypto.SHA256.HMAC("lod")(string_to_utf8(text)));
}
