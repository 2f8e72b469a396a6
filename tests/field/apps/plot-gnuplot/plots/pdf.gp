load "style.gp"
set terminal pdfcairo font "DejaVu Serif,12"
plot "week.csv" using 1:2 every ::1 with lines title "°C"
