select cast(_win1252 x'E97461' as varchar(8) character set utf8), cast(_win1251 x'F7E0E9' as varchar(8) character set utf8), cast(_big5 x'AFF9' as varchar(8) character set utf8) from rdb$database;
