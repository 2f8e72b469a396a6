load "style.gp"
set terminal dumb 70 20
plot "week.csv" using 1:2 every ::1 with lines title "°C"
