(defpackage :apiary
  (:use :cl)
  (:export #:main #:hives #:weigh #:weights #:unknown-hive #:*reports* #:run))
