(define-module (tea teas)
  #:use-module (srfi srfi-9)
  #:export (teas tea-name tea-price))

(define-record-type <tea> (make-tea name price) tea? (name tea-name) (price tea-price))

(define (teas) (list (make-tea "assam" 4.5) (make-tea "sencha" 6) (make-tea "rooibos" 3.2)))
