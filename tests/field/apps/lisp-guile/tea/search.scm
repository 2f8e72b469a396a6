(define-module (tea search)
  #:use-module (ice-9 regex)
  #:use-module (srfi srfi-1)
  #:use-module (tea teas)
  #:export (search))

(define (search pattern teas)
  (filter (lambda (name) (string-match pattern name)) (map tea-name teas)))
