set -e
mkdir -p /run/pdns
rm -rf /etc/powerdns/pdns.d
sqlite3 /var/lib/powerdns/valley.sqlite3 < /usr/share/doc/pdns-backend-sqlite3/schema.sqlite3.sql
cd /tmp
U='pdnsutil'
$U create-zone valley.example ns1.valley.example
$U add-record valley.example ns1 A 192.0.2.1
$U add-record valley.example mill A 600 192.0.2.20
$U add-record valley.example mill AAAA 600 2001:db8::20
$U add-record valley.example '*.shed' A 192.0.2.30
$U add-record valley.example www CNAME mill.valley.example
$U add-record valley.example @ MX '10 mill.valley.example'
$U add-record valley.example @ TXT '"v=spf1 mx -all"'
$U add-record valley.example mill LOC '47 16 0.000 N 11 23 0.000 E 580.00m 1.00m 10000.00m 10.00m'
$U add-record valley.example pick LUA "A \"pickrandom({'192.0.2.41'})\""
$U add-record valley.example far LUA "TXT \"string.upper('river')\""
$U secure-zone valley.example
$U create-zone hill.example ns1.hill.example
$U add-record hill.example www A 192.0.2.90
chown -R pdns:pdns /var/lib/powerdns /run/pdns
