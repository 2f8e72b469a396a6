package require base64
return [base64::encode tea]
