(define-module (tea dates)
  #:use-module (srfi srfi-19)
  #:export (weekday))

(define (weekday day) (date->string (string->date day "~Y-~m-~d") "~A ~d ~B ~Y"))
