;;; Debian's Common Lisp libraries are found below /usr/share/common-lisp.
(require :asdf)
(asdf:initialize-source-registry
 '(:source-registry (:directory "/srv/apiary/") :inherit-configuration))
(setf sb-impl::*default-external-format* :utf-8)
(asdf:load-system "apiary")
