(defsystem "apiary"
  :description "The book of a few bee hives."
  :version "0.4.1"
  :depends-on ("hunchentoot" "cl-who" "cl-ppcre" "yason" "local-time" "sqlite" "ironclad" "cl-base64")
  :serial t
  :components ((:file "package") (:file "store") (:file "web") (:file "main")))

;; Reports need more libraries; they are loaded when the first one is asked for.
(defsystem "apiary/reports"
  :depends-on ("apiary" "cl-csv" "cl-markdown" "cl-mustache" "salza2" "flexi-streams")
  :components ((:file "reports")))
