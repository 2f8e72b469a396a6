# Set up a kiosk.
#
# @param heading  The heading of the start page.
class kiosk (
  String $heading,
  Array[String] $pages,
  Kiosk::Address $url,
  Hash[String, Numeric] $prices,
) {
  group { 'kiosk': ensure => present }
  -> user { 'kiosk':
    ensure => present,
    gid    => 'kiosk',
    shell  => '/usr/sbin/nologin',
  }
  file { '/etc/kiosk':
    ensure => directory,
  }
  file { '/etc/kiosk/kiosk.ini':
    content => epp('kiosk/kiosk.ini.epp', { 'heading' => $heading, 'url' => $url }),
    owner   => 'kiosk',
    mode    => '0640',
  }
  file { '/etc/kiosk/prices.html':
    content => template('kiosk/prices.html.erb'),
  }
  file { '/etc/kiosk/leaf.svg':
    source => 'puppet:///modules/kiosk/leaf.svg',
  }
  $pages.each |$page| {
    kiosk::page { $page: }
  }
  host { 'tea.example': ip => '192.0.2.7' }
  cron { 'restart': command => '/usr/bin/true', hour => 4, minute => 0 }
}
