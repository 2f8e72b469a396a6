admins = { "ada@localhost" }
modules_enabled = {
    "disco", "roster", "saslauth", "tls", "blocklist", "bookmarks", "carbons", "dialback", "limits", "pep", "private",
    "smacks", "vcard4", "vcard_legacy", "account_activity", "cloud_notify", "csi_simple", "invites", "invites_adhoc",
    "ping", "register", "time", "uptime", "version", "mam", "admin_adhoc", "admin_shell", "bosh", "http_files",
    "http_openmetrics", "websocket", "announce", "motd", "welcome",
}
s2s_secure_auth = true
authentication = "internal_hashed"
storage = "internal"
statistics = "internal"
archive_expires_after = "1w"
c2s_require_encryption = false
consider_bosh_secure = true
http_ports = { 5280 }
http_interfaces = { "*" }
https_ports = { }
http_default_host = "localhost"
http_files_dir = "/var/www/files"
openmetrics_allow_cidr = "0.0.0.0/0"
motd_text = "The kettle is on"
pidfile = "/run/prosody/prosody.pid"
log = { info = "*console" }
VirtualHost "localhost"
Component "rooms.localhost" "muc"
    modules_enabled = { "muc_mam" }
