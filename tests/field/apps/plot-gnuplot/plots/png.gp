load "style.gp"
set terminal pngcairo font "DejaVu Sans,11"
plot "week.csv" using 1:2 every ::1 with lines title "°C"
