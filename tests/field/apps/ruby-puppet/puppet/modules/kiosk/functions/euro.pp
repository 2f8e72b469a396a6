# A price as text.
function kiosk::euro(Numeric $price) >> String {
  sprintf('%.2f EUR', $price)
}
