<?php
// A server of which only `/` is probed. Each other route uses something for the first time.
set_error_handler(function($n,$m){ throw new ErrorException($m); });
$r = trim(parse_url($_SERVER["REQUEST_URI"], PHP_URL_PATH), "/");
$f = [
"" => fn() => implode(" ", array_filter(array_keys($GLOBALS["f"]))),
"iconv" => fn() => iconv("ISO-8859-15", "UTF-8", "\xa4"),
"iconv2" => fn() => bin2hex(iconv("UTF-8", "CP1252//TRANSLIT", "€ä")),
"translit" => fn() => iconv("UTF-8", "ASCII//TRANSLIT", "é"),
"xml" => fn() => (string)simplexml_load_string("<?xml version='1.0' encoding='windows-1252'?><a>\xe4</a>"),
"xmlj" => fn() => (string)simplexml_load_string("<?xml version='1.0' encoding='EUC-JP'?><a>\xa4\xa2</a>"),
"mb" => fn() => mb_convert_encoding("\xa4\xa2", "UTF-8", "EUC-JP"),
"date" => fn() => (new DateTime("2026-07-01 12:00", new DateTimeZone("Europe/Berlin")))->format("c T"),
"sqlite" => fn() => (new PDO("sqlite::memory:"))->query("select 1+1")->fetchColumn(),
"curl" => fn() => (function(){ $c=curl_init("https://localhost:9/"); curl_setopt($c,CURLOPT_RETURNTRANSFER,1); curl_exec($c); return curl_errno($c); })(),
"ssl" => fn() => strlen(openssl_encrypt("a","aes-256-gcm",str_repeat("k",32),0,str_repeat("i",12),$t))>0 ? "ok":"no",
"rsa" => fn() => openssl_pkey_new() ? "ok" : openssl_error_string(),
"locale" => fn() => var_export(setlocale(LC_ALL, "C.UTF-8"), true),
"hash" => fn() => hash("whirlpool","a"),
"pw" => fn() => password_verify("a", password_hash("a", PASSWORD_ARGON2ID)) ? "ok":"no",
"mail" => fn() => var_export(@mail("a@localhost","s","b"), true),
"exec" => fn() => shell_exec("date +%Y | tr 2 x"),
"sess" => fn() => (session_save_path("/tmp") || true) && session_start() ? "ok" : "no",
"tmp" => fn() => is_resource(tmpfile()) ? "ok" : "no",
"posix" => fn() => posix_getpwnam("www-data")["dir"],
"dns" => fn() => gethostbyname("localhost"),
"serv" => fn() => getservbyname("https","tcp"),
"xsl" => fn() => class_exists("XSLTProcessor") ? "ok":"no",
"stream" => fn() => implode(",", stream_get_transports()),
];
if (!isset($f[$r])) { http_response_code(404); echo "none"; return; }
try { echo $f[$r](); } catch (Throwable $e) { echo get_class($e), $e->getMessage(); }
