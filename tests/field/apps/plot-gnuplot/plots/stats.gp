set datafile separator ","
stats "week.csv" using 2 every ::1
