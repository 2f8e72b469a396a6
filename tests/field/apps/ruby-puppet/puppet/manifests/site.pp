node default {
  include kiosk
}
