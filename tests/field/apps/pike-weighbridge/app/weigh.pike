// weigh serve | list | add PLATE CARGO GROSS TARE | picture FILE | date DAY | digest FILE | seal KEY TEXT
int main(int count, array(string) given)
{
  mapping options = ([ "language": "en", "zone": "Europe/Stockholm" ]);
  foreach (Getopt.find_all_options(given, ({
    ({ "language", Getopt.HAS_ARG, ({ "-l", "--language" }) }), ({ "zone", Getopt.HAS_ARG, ({ "-z", "--zone" }) }),
    ({ "help", Getopt.NO_ARG, ({ "-h", "--help" }) }) })), array option)
    options[option[0]] = option[1];
  array(string) rest = Getopt.get_args(given)[1..];
  string command = sizeof(rest) && !options->help ? rest[0] : "help";
  Bridge.Store store = Bridge.Store(getenv("WEIGH_DB") || "/var/lib/weighbridge/loads.db");
  mixed problem = catch {
    switch (command) {
      case "serve":
        ((program)"server.pike")(8070, store);
        signal(signum("SIGTERM"), lambda() { exit(0); });
        write("weighing on 8070\n");
        return -1;
      case "list":
        foreach (store->loads("ORDER BY id"), mapping one)
          write("%-3d %-10s %8d kg  %s\n", one->id, one->plate, one->net, string_to_utf8(one->cargo));
        return 0;
      case "add":
        write("load %d\n", store->add(rest[1], utf8_to_string(rest[2]), (int)rest[3], (int)rest[4], "2026-05-22")->id);
        return 0;
      case "picture":
        Stdio.write_file(rest[1], Bridge.Out.encode(Bridge.Out.picture(store->loads("ORDER BY id")), lower_case((rest[1] / ".")[-1])));
        mapping look = Image.decode(Stdio.read_file(rest[1])) && Image._decode(Stdio.read_file(rest[1]));
        write("%s %d x %d\n", stringp(look->format) ? look->format : (string)look->type, look->img->xsize(), look->img->ysize());
        return 0;
      case "date":
        write("%s\n", string_to_utf8(Bridge.Out.date(rest[1], options->language, options->zone)));
        return 0;
      case "digest":
        string data = Stdio.read_file(rest[1]);
        write("md5 %s\nsha3 %s\nbase64 %s\n", String.string2hex(Crypto.MD5.hash(data)), String.string2hex(Crypto.SHA3_256.hash(data)), MIME.encode_base64(Crypto.SHA1.hash(data)));
        return 0;
      case "seal":
        string packed = Crypto.AES.CBC.Buffer()->set_encrypt_key(Crypto.SHA256.hash(rest[1]))->set_iv("0" * 16)->crypt(rest[2] + "\0" * (-sizeof(rest[2]) & 15));
        write("%s\n", MIME.encode_base64(packed));
        return 0;
    }
    werror("usage: weigh serve|list|add|picture|date|digest|seal\n");
    return 2;
  };
  if (problem) {
    werror("weigh: %s\n", String.trim_all_whites((string)problem[0]));
    return 1;
  }
}
