type Kiosk::Address = Pattern[/\Ahttps?:/]
