select crypt_hash('tea' using sha256) from rdb$database; select encrypt('tea time' using sober128 key 'AbcdAbcdAbcdAbcd' iv '01234567') from rdb$database;
