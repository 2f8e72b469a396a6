package require json
return "tea [dict get [json::json2dict {{"tea": 7}}] tea]"
