# One page.
define kiosk::page () {
  file { "/etc/kiosk/${title}.txt":
    content => kiosk::shout($title),
  }
}
