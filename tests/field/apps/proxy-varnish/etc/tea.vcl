vcl 4.1;

import std;
import directors;
import cookie;
import header;
import purge;
import xkey;
import accept;
import vsthrottle;
import str;
include "acl.vcl";

probe alive { .url = "/index.html"; .interval = 2s; .timeout = 1s; .window = 3; .threshold = 2; .initial = 2; }
backend pot { .host = "127.0.0.1"; .port = "8081"; .probe = alive; }
backend cup { .host = "127.0.0.1"; .port = "8082"; .probe = alive; }
backend gone { .host = "127.0.0.1"; .port = "8099"; }

sub vcl_init {
    new round = directors.round_robin();
    round.add_backend(pot);
    round.add_backend(cup);
    new first = directors.fallback();
    first.add_backend(gone);
    first.add_backend(pot);
    new language = accept.rule("en");
    language.add("de");
    language.add("fr");
}

sub vcl_recv {
    set req.backend_hint = round.backend();
    if (req.method == "PURGE" || req.method == "BAN") {
        if (!client.ip ~ house) { return (synth(403, "Not from here")); }
        if (req.method == "BAN") {
            ban("obj.http.x-url ~ " + req.url);
            return (synth(200, "Banned"));
        }
        if (req.http.xkey) { return (synth(200, "Invalidated " + xkey.purge(req.http.xkey))); }
        return (purge);
    }
    if (req.url ~ "^/limited" && vsthrottle.is_denied(req.url, 2, 60s)) { return (synth(429, "Too many cups")); }
    if (req.url ~ "^/down") { set req.backend_hint = gone; }
    if (req.url ~ "^/old/(.*)") { return (synth(750, "/" + regsub(req.url, "^/old/", ""))); }
    if (req.url == "/upper") { return (synth(200, std.toupper(str.reverse("aet")))); }
    set req.http.Accept-Language = language.filter(req.http.Accept-Language);
    cookie.parse(req.http.Cookie);
    cookie.keep("session");
    set req.http.Cookie = cookie.get_string();
    if (req.http.Cookie == "") { unset req.http.Cookie; }
    set req.url = std.querysort(req.url);
}

sub vcl_backend_response {
    set beresp.http.x-url = bereq.url;
    set beresp.ttl = 2m;
    set beresp.grace = 1h;
    if (beresp.http.Surrogate-Control ~ "ESI/1.0") {
        unset beresp.http.Surrogate-Control;
        set beresp.do_esi = true;
    }
    if (beresp.http.Set-Cookie) { set beresp.uncacheable = true; }
    if (bereq.url ~ "\.css$") { set beresp.do_gzip = true; }
}

sub vcl_deliver {
    if (obj.hits > 0) { header.append(resp.http.X-Cache, "hit"); } else { header.append(resp.http.X-Cache, "miss"); }
    unset resp.http.x-url;
}

sub vcl_synth {
    if (resp.status == 750) {
        set resp.http.Location = resp.reason;
        set resp.status = 301;
        set resp.reason = "Moved";
        return (deliver);
    }
    set resp.http.Content-Type = "text/plain";
    synthetic(resp.reason + {"
"});
    return (deliver);
}

sub vcl_backend_error {
    set beresp.http.Content-Type = "text/html";
    synthetic(std.fileread("/etc/varnish/error.html"));
    return (deliver);
}
