#!/bin/sh
# press: sets, proofs and binds what lies on the desk.
set -eu
mkdir -p "$OUT"
pdf=$OUT/press.pdf
usage() { echo "usage: press letter|paper|page|web|screen|proof|ink|archive|booklet|lock|open|pages|look|fonts|drawing|code|spell|picture FILE ..." >&2; exit 64; }
set_pdf() { groff -k -t -e -p -m"$PRESS_LANG" -m"${2:-s}" -P-p"$PAPERSIZE" -dpaper="$PAPERSIZE" -Tpdf "$1" > "$pdf"; }
[ $# -ge 1 ] || usage
what=$1
shift
case $what in
    letter) set_pdf "$1"; pdftotext -layout "$pdf" -; pdfinfo "$pdf" ;;
    paper) set_pdf "$1" om; pdfinfo "$pdf"; pdftotext "$pdf" - ;;
    page) groff -k -man -T"${2:-ascii}" "$1" ;;
    web) file=$(realpath "$1"); cd "$OUT"; groff -k -t -p -ms -Thtml "$file"; ls ;;
    screen) groff -k -t -e -p -m"$PRESS_LANG" -ms -T"${2:-utf8}" "$1" | cat -v ;;
    drawing) groff -k -p -ms -Tps "$1" > "$OUT/d.ps"; ps2pdf "$OUT/d.ps" "$pdf"; pdftocairo -svg "$pdf" - ;;
    proof) set_pdf "$1"; gs -q -dSAFER -dBATCH -dNOPAUSE -r72 -sDEVICE="$2" -sOutputFile="$OUT/proof" "$pdf"; od -A n -c -N 16 "$OUT/proof"; wc -c < "$OUT/proof" ;;
    ink) set_pdf "$1"; gs -q -o - -sDEVICE=inkcov "$pdf" ;;
    archive) set_pdf "$1"; gs -q -dPDFA=2 -dBATCH -dNOPAUSE -sColorConversionStrategy=RGB -sDEVICE=pdfwrite -dPDFACompatibilityPolicy=1 -sOutputFile="$OUT/a.pdf" "$pdf"; pdffonts "$OUT/a.pdf"; pdfinfo "$OUT/a.pdf" ;;
    booklet) groff -k -ms -Tps "$1" > "$OUT/b.ps"; psbook -q -s8 "$OUT/b.ps" | psnup -q -2 -pa4 > "$OUT/n.ps"; grep -c "^%%Page:" "$OUT/n.ps"; ps2pdf "$OUT/n.ps" "$pdf"; pdfinfo "$pdf" ;;
    lock) set_pdf "$1"; qpdf --encrypt secret owner 256 --print=low -- "$pdf" "$OUT/locked.pdf"; qpdf --show-encryption --password=owner "$OUT/locked.pdf"; pdftotext -upw "${2:-secret}" "$OUT/locked.pdf" - ;;
    open) qpdf --check "$1" ;;
    pages) pdfunite "$@" "$OUT/two.pdf"; qpdf --warning-exit-0 --empty --pages "$OUT/two.pdf" z-1 -- "$OUT/back.pdf"; qpdf --json --json-key=pages "$OUT/back.pdf"; pdfinfo "$OUT/back.pdf" ;;
    look) pdftotext "$1" -; pdffonts "$1" ;;
    fonts) gs -q -dNODISPLAY -dBATCH -c '(*) { =string cvs print (\n) print } 100 string /Font resourceforall' ;;
    code) enscript -q -E"$2" --color -M A4 -w "${3:-html}" -o - "$1" ;;
    spell) aspell --lang="${2:-en}" --encoding=utf-8 list < "$1" ;;
    picture) pngtopnm "$1" | pnmscale -xsize 8 | pnmtops -noturn -rle 2>/dev/null | ps2pdf - "$pdf"; pdfimages -list "$pdf" ;;
    *) usage ;;
esac
