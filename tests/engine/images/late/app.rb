# A server of which only `/` is probed. Each other route uses something for the first time.
require 'webrick'
R = {
 "" => ->{ R.keys.reject(&:empty?).join(" ") },
 "enc" => ->{ "\xa4\xa2".dup.force_encoding("EUC-JP").encode("UTF-8") },
 "sjis" => ->{ "あ".encode("Windows-31J").bytes.inspect },
 "latin" => ->{ "\xe4".dup.force_encoding("ISO-8859-15").encode("UTF-8") },
 "json" => ->{ require 'json'; JSON.generate({a: 1}) },
 "yaml" => ->{ require 'yaml'; {"a"=>1}.to_yaml },
 "net" => ->{ require 'net/http'; begin; Net::HTTP.get(URI("https://localhost:9/")); rescue Errno::ECONNREFUSED; "refused"; end },
 "ssl" => ->{ require 'openssl'; OpenSSL::Digest.new("SHA3-256").hexdigest("a") },
 "rsa" => ->{ require 'openssl'; OpenSSL::PKey::RSA.new(1024).to_pem[0,20] },
 "csv" => ->{ require 'set'; Set.new([1]).to_a.inspect },
 "erb" => ->{ require 'erb'; ERB.new("<%= 1+1 %>").result },
 "time" => ->{ require 'time'; ENV['TZ']='Europe/Berlin'; Time.at(0).iso8601 },
 "date" => ->{ require 'date'; Date.parse("2026-01-01").strftime("%A") },
 "big" => ->{ require 'bigdecimal'; BigDecimal("1.1").to_s },
 "tmp" => ->{ require 'tempfile'; Tempfile.create("a") { |f| f.path[0,4] } },
 "zlib" => ->{ require 'zlib'; Zlib::Inflate.inflate(Zlib::Deflate.deflate("a")) },
 "strio" => ->{ require 'stringio'; StringIO.new("a").read },
 "open3" => ->{ require 'open3'; Open3.capture2("date +%Y | wc -l")[0] },
 "logger" => ->{ require 'logger'; Logger.new($stderr).info("x").to_s },
 "socket" => ->{ require 'socket'; Socket.getservbyname("https").to_s },
 "etc" => ->{ require 'etc'; Etc.getpwnam("nobody").dir },
 "digest" => ->{ require 'digest'; Digest::SHA512.hexdigest("a") },
 "secure" => ->{ require 'securerandom'; SecureRandom.hex(2).size.to_s },
 "norm" => ->{ "é".unicode_normalize(:nfd).size.to_s },
 "pp" => ->{ require 'pp'; {a: 1}.pretty_inspect },
 "opt" => ->{ require 'optparse'; OptionParser.new.to_s },
 "uri" => ->{ require 'uri'; URI.encode_www_form(a: "ä") },
 "fiddle" => ->{ require 'fiddle'; Fiddle::SIZEOF_LONG.to_s },
 "cgi" => ->{ require 'cgi'; CGI.escapeHTML("<") },
 "did" => ->{ begin; nosuch_metod; rescue NameError => e; e.message[0,20]; end },
 "err" => ->{ raise "bad" },
 "ripper" => ->{ require 'ripper'; Ripper.sexp("1").inspect[0,10] },
 "io" => ->{ require 'io/console'; IO.console_size.inspect rescue "none" },
 "pstore" => ->{ require 'objspace'; ObjectSpace.memsize_of("a").to_s },
 "mon" => ->{ require 'timeout'; Timeout.timeout(1){ "in" } },
}
s = WEBrick::HTTPServer.new(Port: 8000, AccessLog: [], Logger: WEBrick::Log.new("/dev/null"))
s.mount_proc('/') { |q, a| k = q.path.delete_prefix("/")
  if R[k] then (begin; a.body = R[k].call.to_s; rescue Exception => e; a.body = e.class.to_s + e.message; end) else a.status = 404 end }
trap("TERM") { s.shutdown }
s.start
