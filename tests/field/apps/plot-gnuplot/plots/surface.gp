set terminal gif animate delay 10 font "DejaVuSans,10"
set isosamples 12
set pm3d
set palette viridis
do for [step=0:3] { set view 60, step*10; splot sin(x)*cos(y) }
