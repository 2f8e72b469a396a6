load "style.gp"
set terminal svg enhanced
plot "week.csv" using 1:2 every ::1 with lines title "°C"
