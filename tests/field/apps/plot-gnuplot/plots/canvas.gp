load "style.gp"
set terminal canvas name "week"
plot "week.csv" using 1:2 every ::1 with lines title "°C"
